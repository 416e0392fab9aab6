import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { UserError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { createOwner } from '../postgres/create-owner.ts'
import { dropStaleLock } from './drop-stale-lock.ts'
import { choosePort } from './free-port.ts'
import { keepPort, keptPort } from './kept-port.ts'
import { lastLines, withLogFile } from './log-file.ts'
import { findPostgres } from './postgres-binaries.ts'
import { clusterFolder, ensureCluster, type PostgresPasswords, postgresEnv, superuser } from './postgres-cluster.ts'
import { commandLine, readPid, signalProcess, waitUntilGone } from './process.ts'
import { reachableFolder } from './reachable-folder.ts'
import { asUser, postgresUser } from './system-user.ts'

export type EmbeddedPostgres = {
  /** Logs in as `junban`, which owns the database `junban` and may create databases and roles. */
  url: string
  port: number
  pid: number
  /** Where its files are: the data directory given, or a folder under /var/lib/junban that its user can reach. */
  home: string
  /** Resolves when the server has ended, wanted or not. */
  exited: Promise<void>
  /** `fast` ends connections and writes everything down; `immediate` is a crash that the next start recovers from. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>
}

export type PostgresOptions = {
  dataDir: string
  /** Exactly this one. Default: the one it had last if that is free, or else any. */
  port?: number
  log?: Logger
  fsync?: boolean
}

/** Recovery after a crash reads up to `max_wal_size` of log. */
const START_LIMIT_MS = 120_000
const STOP_LIMIT_MS = 30_000
const KILL_LIMIT_MS = 10_000

/**
 * Starts the Postgres that npm installed, on 127.0.0.1, in a process group of its own so that a Ctrl-C meant for us does not reach
 * it. Ends a server that an earlier, killed start left behind in the same folder. Throws a UserError with the last lines of its log.
 */
export async function startPostgres({ dataDir, port, log, fsync = true }: PostgresOptions): Promise<EmbeddedPostgres> {
  const user = postgresUser()
  const binaries = await findPostgres(user)
  const home = reachableFolder(resolve(dataDir), user)
  const cluster = clusterFolder(home)
  await stopPostgresIn(home, log)
  await dropStaleLock(cluster)
  const passwords = await ensureCluster(home, binaries, user)
  const chosen = await choosePort(port, keptPort(home))
  keepPort(home, chosen)

  const logFile = join(home, 'postgres.log')
  const child = withLogFile(logFile, (descriptor) => {
    if (user) chownSync(logFile, user.uid, user.gid)
    return spawn(binaries.postgres, serverArgs(cluster, chosen, fsync), {
      ...asUser(user),
      cwd: '/',
      env: postgresEnv(),
      detached: true,
      stdio: ['ignore', descriptor, descriptor],
    })
  })
  const exited = new Promise<void>((done) => child.once('exit', () => done()).once('error', () => done()))
  child.unref()
  const { pid } = child
  if (!pid) throw new UserError(`${binaries.postgres} could not be started`)
  const stop = (mode: 'fast' | 'immediate' = 'fast') => stopServer(pid, mode, log)
  try {
    await waitUntilReady(child, chosen, passwords, logFile)
    await createOwner(superuser(chosen, passwords), passwords.junban)
  } catch (err) {
    await stop('immediate')
    throw err
  }
  log?.info({ store: 'postgres', port: chosen, pid }, 'postgres started')
  return {
    url: `postgres://junban:${passwords.junban}@127.0.0.1:${chosen}/junban`,
    port: chosen,
    pid,
    home,
    exited,
    stop,
  }
}

function serverArgs(cluster: string, port: number, fsync: boolean): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    fsync: fsync ? 'on' : 'off',
    synchronous_commit: 'on',
    max_connections: 200,
    shared_buffers: '256MB',
    max_wal_size: '4GB',
    wal_compression: 'off',
    // A log line must not quote the values of a statement that failed: they can be personal.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_parameter_max_length_on_error: 0,
    log_statement: 'none',
    log_checkpoints: 'off',
  }
  return ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

/**
 * Ends the server that a killed start left behind in a folder. A pid from a file may have become another process's: only one that
 * names this cluster is ours to end.
 */
export async function stopPostgresIn(home: string, log?: Logger): Promise<void> {
  const cluster = clusterFolder(home)
  const pid = readPid(join(cluster, 'postmaster.pid'))
  if (pid === null || !commandLine(pid).includes(`-D ${cluster} `)) return
  log?.warn({ store: 'postgres', pid }, 'postgres of an earlier start still runs: stopping it')
  await stopServer(pid, 'fast', log)
}

async function stopServer(pid: number, mode: 'fast' | 'immediate', log?: Logger): Promise<void> {
  if (mode === 'fast') {
    signalProcess(pid, 'SIGINT')
    if (await waitUntilGone(pid, STOP_LIMIT_MS)) return
    log?.warn({ store: 'postgres', pid }, 'postgres does not stop: stopping it at once')
  }
  signalProcess(pid, 'SIGQUIT')
  if (await waitUntilGone(pid, KILL_LIMIT_MS)) return
  signalProcess(pid, 'SIGKILL')
  if (!(await waitUntilGone(pid, KILL_LIMIT_MS))) throw new Error(`postgres ${pid} cannot be stopped`)
}

async function waitUntilReady(child: ChildProcess, port: number, passwords: PostgresPasswords, logFile: string) {
  const end = performance.now() + START_LIMIT_MS
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new UserError(`Postgres did not start (${logFile}):\n${lastLines(logFile)}`)
    if (await canConnect(port, passwords)) return
    if (performance.now() > end)
      throw new UserError(
        `Postgres was not ready after ${START_LIMIT_MS / 1000} s (${logFile}):\n${lastLines(logFile)}`,
      )
    await sleep(50)
  }
}

async function canConnect(port: number, passwords: PostgresPasswords): Promise<boolean> {
  const client = new pg.Client({ ...superuser(port, passwords), connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch (err) {
    // 28P01: another server answers on this port, or this cluster has another password. Waiting does not help.
    if ((err as { code?: string }).code === '28P01')
      throw new UserError(`Postgres on port ${port} refuses the password kept beside its data`, { cause: err })
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

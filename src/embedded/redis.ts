import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, rmSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../errors.ts'
import { choosePort } from './free-port.ts'
import { keepPort, keptPort } from './kept-port.ts'
import { lastLines, withLogFile } from './log-file.ts'
import { commandLine, readPid, signalProcess, waitUntilGone } from './process.ts'
import { redisAnswers } from './redis-answers.ts'

export type EmbeddedRedis = {
  url: string
  port: number
  pid: number
  /** Resolves when the server has ended, wanted or not. */
  exited: Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
}

export type RedisOptions = {
  dataDir: string
  /** Exactly this one. Default: the one it had last if that is free, or else any. */
  port?: number
  /** Default: the one on the path. */
  binary?: string
  extraArgs?: string[]
}

/**
 * Smaller than this the append-only file is not written anew. It holds 800 bytes of each request, nearly all of them of jobs that are gone:
 * with Redis's own 64 MB it was written anew in the middle of a rush, on the processors that the rush needs. A start reads 265 MB in a
 * tenth of a second.
 */
const rewriteFrom = '256mb'

/** Loading the append-only file comes before the first answer. */
const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 10_000

/** The path of a redis-server or valkey-server that can serve us, or null. 7 and later come first, 6.2 is the least. */
export function findRedisServer(): string | null {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .flatMap((folder) => [join(folder, 'redis-server'), join(folder, 'valkey-server')])
    .filter(isExecutable)
    .map((binary) => ({ binary, version: versionOf(binary) }))
  return (found.find(({ version }) => version >= 7) ?? found.find(({ version }) => version >= 6.2))?.binary ?? null
}

/**
 * Starts a Redis that keeps what it acknowledged: every write is on disk before its answer, nothing is evicted. On 127.0.0.1, in a
 * process group of its own. Ends a server that an earlier, killed start left behind in the same folder.
 */
export async function startRedis({ dataDir, port, binary, extraArgs = [] }: RedisOptions): Promise<EmbeddedRedis> {
  const folder = resolve(dataDir)
  const server = binary ?? findRedisServer()
  if (!server) throw new UserError('There is no redis-server or valkey-server (6.2 or later) on the path')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  await stopRedisIn(folder)
  const chosen = await choosePort(port, keptPort(folder))
  keepPort(folder, chosen)

  const child = withLogFile(logFile(folder), (log) =>
    spawn(server, [...serverArgs(folder, chosen), ...extraArgs], {
      detached: true,
      // Before it has read its settings, it says what is wrong with them here.
      stdio: ['ignore', log, log],
      cwd: '/',
    }),
  )
  const exited = new Promise<void>((done) => child.once('exit', () => done()).once('error', () => done()))
  child.unref()
  const { pid } = child
  if (!pid) throw new UserError(`${server} could not be started`)
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => stopServer(pid, signal)
  try {
    await waitUntilReady(child, chosen, logFile(folder))
  } catch (err) {
    await stop('SIGKILL')
    throw err
  }
  return { url: `redis://127.0.0.1:${chosen}/0`, port: chosen, pid, exited, stop }
}

const logFile = (folder: string) => join(folder, 'redis.log')
const pidFile = (folder: string) => join(folder, 'redis.pid')

function serverArgs(folder: string, port: number): string[] {
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'always',
    'auto-aof-rewrite-min-size': rewriteFrom,
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
    logfile: logFile(folder),
    pidfile: pidFile(folder),
  }
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
}

/**
 * Ends the server that a killed start left behind in a folder. A pid from a file may have become another process's: only a Redis on
 * the port kept there is ours to end.
 */
export async function stopRedisIn(folder: string): Promise<void> {
  const [pid, port] = [readPid(pidFile(folder)), keptPort(folder)]
  // Redis renames itself to "redis-server 127.0.0.1:PORT".
  if (pid !== null && port > 0 && new RegExp(`(redis|valkey)-server.*(:|--port )${port}\\b`).test(commandLine(pid)))
    await stopServer(pid, 'SIGTERM')
  rmSync(pidFile(folder), { force: true })
}

async function stopServer(pid: number, signal: NodeJS.Signals): Promise<void> {
  signalProcess(pid, signal)
  if (await waitUntilGone(pid, STOP_LIMIT_MS)) return
  // Nothing is lost: what it acknowledged is in the append-only file.
  signalProcess(pid, 'SIGKILL')
  if (!(await waitUntilGone(pid, STOP_LIMIT_MS))) throw new Error(`redis ${pid} cannot be stopped`)
}

async function waitUntilReady(child: ChildProcess, port: number, log: string): Promise<void> {
  const end = performance.now() + START_LIMIT_MS
  while (!(await redisAnswers(port))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new UserError(`Redis did not start (${log}):\n${lastLines(log)}`)
    if (performance.now() > end)
      throw new UserError(`Redis was not ready after ${START_LIMIT_MS / 1000} s (${log}):\n${lastLines(log)}`)
    await sleep(20)
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** 7.0 for "Redis server v=7.0.15 …" or "Valkey server v=7.0.15 …"; 0 when it says nothing. */
function versionOf(binary: string): number {
  const said = spawnSync(binary, ['--version'], { encoding: 'utf8', timeout: 5_000 }).stdout ?? ''
  return Number(/v=(\d+\.\d+)/.exec(said)?.[1] ?? 0)
}

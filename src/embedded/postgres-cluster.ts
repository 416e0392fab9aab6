import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../errors.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { asUser, type SystemUser } from './system-user.ts'

export type PostgresPasswords = { postgres: string; junban: string }

const Passwords = z.object({ postgres: z.string(), junban: z.string() })
const passwordFile = (home: string) => join(home, 'passwords.json')
const readPasswords = (home: string) => Passwords.parse(JSON.parse(readFileSync(passwordFile(home), 'utf8')))
export const clusterFolder = (home: string) => join(home, 'cluster')

/** Makes the cluster in `home`, once, and the passwords beside it. One that was left half made is made again. */
export async function ensureCluster(
  home: string,
  binaries: PostgresBinaries,
  user: SystemUser | null,
): Promise<PostgresPasswords> {
  const cluster = clusterFolder(home)
  if (existsSync(cluster)) {
    const made = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim()
    const [ours] = binaries.version.split('.')
    if (made !== ours)
      throw new UserError(`${cluster} was made by Postgres ${made}; this is ${ours}: export and import it`)
    return readPasswords(home)
  }
  const secret = () => randomBytes(24).toString('base64url')
  const passwords = { postgres: secret(), junban: secret() }
  writeFileSync(passwordFile(home), JSON.stringify(passwords), { mode: 0o600 })
  await initdb(home, binaries, user, passwords.postgres)
  return passwords
}

async function initdb(
  home: string,
  binaries: PostgresBinaries,
  user: SystemUser | null,
  password: string,
): Promise<void> {
  const [unfinished, secret] = [join(home, 'cluster.new'), join(home, 'initdb-password')]
  rmSync(unfinished, { recursive: true, force: true })
  rmSync(secret, { force: true })
  writeFileSync(secret, `${password}\n`, { mode: 0o600 })
  if (user) chownSync(secret, user.uid, user.gid)
  // The locale is Postgres's own: the same order of text on every machine, whatever locales are installed.
  const args = [
    `--pgdata=${unfinished}`,
    '--username=postgres',
    `--pwfile=${secret}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
  ]
  try {
    const { code, output } = await runApart(binaries.initdb, args, user)
    if (code !== 0) throw new UserError(`Postgres could not make its cluster in ${home}:\n${output.trim()}`)
  } finally {
    rmSync(secret, { force: true })
  }
  renameSync(unfinished, clusterFolder(home))
}

/** In a process group of its own: a Ctrl-C is for us to answer, once this is done. */
function runApart(
  program: string,
  args: string[],
  user: SystemUser | null,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...asUser(user),
      cwd: '/',
      env: postgresEnv(),
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let output = ''
    child.stderr.on('data', (data) => {
      output = (output + data).slice(-4_000)
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}

/** Nothing of our own environment: PGDATA, PGPORT and the like of whoever starts us must not steer this server. */
export const postgresEnv = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' })

export const superuser = (port: number, { postgres }: PostgresPasswords) => ({
  host: '127.0.0.1',
  port,
  user: 'postgres',
  password: postgres,
  database: 'postgres',
})

/** How the superuser of a server that was started here logs in. */
export const superuserOf = ({ home, port }: { home: string; port: number }) => superuser(port, readPasswords(home))

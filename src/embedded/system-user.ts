import { spawnSync } from 'node:child_process'
import { UserError } from '../errors.ts'

/** The user that Postgres runs as when we are root, since it refuses to run as root. */
export type SystemUser = { name: string; uid: number; gid: number }

/** The system's own programs are found even where the path was cut short, or lacks the `sbin` folders. */
const env = {
  ...process.env,
  PATH: [process.env.PATH, '/usr/sbin', '/usr/bin', '/sbin', '/bin'].filter(Boolean).join(':'),
}

/** Null unless we are root: then Postgres runs as whoever we are. Makes the system user `postgres` if there is none. */
export function postgresUser(): SystemUser | null {
  if (process.getuid?.() !== 0) return null
  const user = lookUp('postgres') ?? makeUser('postgres')
  if (!user)
    throw new UserError('Postgres does not run as root, and a user `postgres` could not be made: start as another user')
  return user
}

/** Whether a shell command succeeds as that user, from a folder that everybody can enter. Really tried, not guessed from modes. */
export function succeedsAs(user: SystemUser | null, script: string, ...args: string[]): boolean {
  return (
    spawnSync('/bin/sh', ['-c', script, 'sh', ...args], {
      ...asUser(user),
      cwd: '/',
      env,
      stdio: 'ignore',
      timeout: 10_000,
    }).status === 0
  )
}

/** The options that make `spawn` run a program as that user. */
export const asUser = (user: SystemUser | null) => (user ? { uid: user.uid, gid: user.gid } : {})

function lookUp(name: string): SystemUser | null {
  const id = (flag: '-u' | '-g') =>
    Number.parseInt(spawnSync('id', [flag, name], { env, encoding: 'utf8' }).stdout ?? '', 10)
  const [uid, gid] = [id('-u'), id('-g')]
  return uid > 0 && gid >= 0 ? { name, uid, gid } : null
}

function makeUser(name: string): SystemUser | null {
  spawnSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name], {
    env,
    stdio: 'ignore',
  })
  return lookUp(name)
}

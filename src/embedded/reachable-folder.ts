import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { STATE_DIR } from './state-dir.ts'
import { type SystemUser, succeedsAs } from './system-user.ts'

/**
 * The folder in which Postgres keeps its cluster: `folder` itself, or, when its user cannot get there, one under
 * /var/lib/junban, with a line in `folder` that says so. Stays what it was once it is chosen.
 */
export function reachableFolder(folder: string, user: SystemUser | null): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!user) return folder
  const pointer = join(folder, 'moved-to.txt')
  if (existsSync(pointer)) return readFileSync(pointer, 'utf8').trim()
  chownSync(folder, user.uid, user.gid)
  chmodSync(folder, 0o700)
  if (canWrite(folder, user) || existsSync(join(folder, 'cluster'))) return folder
  // Random as well: who deletes DATA_DIR and starts again means a new database, not the old one with new keys.
  const name = `${createHash('sha256').update(folder).digest('hex').slice(0, 12)}-${randomBytes(4).toString('hex')}`
  const moved = join(STATE_DIR, name)
  mkdirSync(STATE_DIR, { recursive: true, mode: 0o755 })
  chmodSync(STATE_DIR, 0o755)
  mkdirSync(moved, { mode: 0o700 })
  chownSync(moved, user.uid, user.gid)
  writeFileSync(pointer, `${moved}\n`)
  return moved
}

const canWrite = (folder: string, user: SystemUser) => succeedsAs(user, 'cd "$1" && : > .probe && rm .probe', folder)

import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '#src/embedded/process.ts'

const PREFIX = 'junban-test-'

/** A new folder under the OS's temporary one, named after this process, that Postgres's user can enter. */
export function makeTestDir(): string {
  const dir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  chmodSync(dir, 0o711)
  return dir
}

export const removeTestDir = (dir: string) => rmSync(dir, { recursive: true, force: true, maxRetries: 5 })

/** Folders of test runs that were killed before they could clean up. */
export function abandonedTestDirs(): string[] {
  return readdirSync(tmpdir())
    .filter((name) => name.startsWith(PREFIX))
    .filter((name) => !isAlive(Number.parseInt(name.slice(PREFIX.length), 10)))
    .map((name) => join(tmpdir(), name))
}

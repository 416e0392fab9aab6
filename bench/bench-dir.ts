import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stopPostgresIn } from '#src/embedded/postgres.ts'
import { isAlive } from '#src/embedded/process.ts'
import { stopRedisIn } from '#src/embedded/redis.ts'

const prefix = 'junban-bench-'

/** A new folder under the system's temporary one, named after this process, that Postgres's user can enter. */
export function makeBenchDir(): string {
  const dir = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`))
  chmodSync(dir, 0o711)
  return dir
}

export const removeDir = (dir: string) => rmSync(dir, { recursive: true, force: true, maxRetries: 5 })

/** Ends the stores of benches that were killed before they could, and removes their folders. */
export async function removeAbandoned(): Promise<void> {
  const abandoned = readdirSync(tmpdir())
    .filter((name) => name.startsWith(prefix))
    .filter((name) => !isAlive(Number.parseInt(name.slice(prefix.length), 10)))
    .map((name) => join(tmpdir(), name))
  for (const dir of abandoned) {
    await stopPostgresIn(join(dir, 'postgres'))
    for (const name of readdirSync(dir).filter((name) => name.startsWith('redis-'))) await stopRedisIn(join(dir, name))
    removeDir(dir)
  }
}

import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stopPostgresIn } from '#src/embedded/postgres.ts'
import { isAlive } from '#src/embedded/process.ts'
import { stopRedisIn } from '#src/embedded/redis.ts'
import { unmountDisk } from './full-disk.ts'

const prefix = 'junban-faults-'

/** A new folder for the stores of a run, named after this process, that Postgres's user can enter. */
export function makeWorkFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`))
  chmodSync(folder, 0o711)
  return folder
}

export const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })

/** Stores outlive a run that was killed: they are in process groups of their own. */
export async function cleanUpAfterKilledRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(prefix) || isAlive(Number.parseInt(name.slice(prefix.length), 10))) continue
    const folder = join(tmpdir(), name)
    const postgres = join(folder, 'postgres')
    await stopPostgresIn(postgres)
    await stopRedisIn(join(folder, 'redis'))
    unmountDisk(postgres)
    removeFolder(folder)
  }
}

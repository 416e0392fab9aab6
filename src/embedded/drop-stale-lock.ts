import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Processes of a killed server notice within milliseconds; one that writes a large file may take longer. */
const LIMIT_MS = 10_000

/**
 * Removes the lock file of a server that is gone. Postgres does so itself, except when its process id lives on, as a zombie or, after
 * a restart of the machine or container, as another process. To be called only when no server of this cluster runs. Leaves the file,
 * and the decision to Postgres, while any process of that server still holds its shared memory, or where that cannot be seen.
 */
export async function dropStaleLock(cluster: string): Promise<void> {
  const lock = join(cluster, 'postmaster.pid')
  if (process.platform !== 'linux' || !existsSync(lock)) return
  // Line 7: key and id of the segment.
  const segment = /^\s*\d+\s+(\d+)\s*$/.exec(readFileSync(lock, 'utf8').split('\n')[6] ?? '')?.[1]
  for (const end = performance.now() + LIMIT_MS; performance.now() < end; await sleep(50)) {
    const held = segment === undefined ? 0 : holders(segment)
    if (held === null) return
    if (held === 0) return rmSync(lock, { force: true })
  }
}

/** How many processes are attached to a segment of System V shared memory; null when the system does not tell. */
function holders(segment: string): number | null {
  try {
    const rows = readFileSync('/proc/sysvipc/shm', 'utf8').split('\n').slice(1)
    const row = rows.map((line) => line.trim().split(/\s+/)).find(([, id]) => id === segment)
    return row ? Number(row[6]) : 0
  } catch {
    return null
  }
}

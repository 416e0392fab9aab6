import type { Pool } from '../postgres/pool.ts'
import { readRegisterPage } from '../postgres/register.ts'
import { entryBytes } from './register.ts'

/** People read at once: about 270 kB, a few ms of this process's time. */
const pageSize = 16_384

/**
 * Reads a campaign's register page by page, packed. `expected`: about how many people there are; in memory of that size from the start, for
 * pages that were kept until the last, and then put together, left holes of 20 MB in this process beside a register of 10.
 */
export async function readRegister(
  pool: Pool,
  { campaign, cohorts, expected }: { campaign: string; cohorts: string[]; expected: number },
): Promise<Buffer> {
  let packed = Buffer.allocUnsafeSlow(expected * entryBytes)
  let used = 0
  let after: Buffer = Buffer.alloc(0)
  for (;;) {
    const page = await readRegisterPage(pool, { campaign, cohorts, after, limit: pageSize })
    if (page.length === 0) return used === packed.length ? packed : Buffer.copyBytesFrom(packed, 0, used)
    // There are more: an import was committed meanwhile.
    if (used + page.length > packed.length) packed = Buffer.concat([packed], 2 * (used + page.length))
    page.copy(packed, used)
    used += page.length
    after = page.subarray(-entryBytes, -1)
  }
}

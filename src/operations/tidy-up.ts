import type { Logger } from '../logger.ts'
import { deleteToldNotices } from '../postgres/notices.ts'
import type { Pool } from '../postgres/pool.ts'
import { deleteOldRecoveries } from '../postgres/recoveries.ts'
import { clearSpentBatches, readCampaignIds } from '../postgres/spent-batches.ts'

const daySeconds = 86_400
/**
 * How long the requests of decided batches are kept, sealed, in the log. A Redis that was away for less finds every batch that it
 * still holds in the log; the audit can compare requests with decisions for as long.
 */
export const keepRequestsSeconds = 7 * daySeconds
/** How long it can be looked up that somebody was told. */
export const keepToldSeconds = 30 * daySeconds
/** Who asked for a lost receipt was looked for within hours. */
export const keepRecoveriesSeconds = daySeconds
/** How long a failed job can be looked at. */
export const keepJobsSeconds = 7 * daySeconds

/** Rows of one statement: short locks, small transactions, and autovacuum keeps up. */
const batchesAtOnce = 100
const noticesAtOnce = 1_000
const recoveriesAtOnce = 1_000
/** Statements of one kind in one run: what is left is for the next. */
const maxStatements = 200

export type Tidied = {
  batches: number
  notices: number
  recoveries: number
  jobs: number | null
  refused: number | null
}

/**
 * Clears, once, what nothing needs any more: requests of batches decided long ago, outbox rows told long ago, lost
 * receipts looked for, ended jobs. In small
 * statements, each committed by itself. `jobs` and `refused` are null when there is no Redis, or it is away.
 */
export function createTidyUp({
  pool,
  tidyRedis,
  log,
}: {
  pool: Pool
  /** Null: there is no Redis. Throws while it is away. */
  tidyRedis: ((campaigns: string[], olderThanMs: number) => Promise<{ jobs: number; refused: number }>) | null
  log: Logger
}) {
  return async function tidyUp(): Promise<Tidied> {
    const startedAt = performance.now()
    const batches = await repeat(batchesAtOnce, () => clearSpentBatches(pool, keepRequestsSeconds, batchesAtOnce))
    const notices = await repeat(noticesAtOnce, () => deleteToldNotices(pool, keepToldSeconds, noticesAtOnce))
    const recoveries = await repeat(recoveriesAtOnce, () =>
      deleteOldRecoveries(pool, keepRecoveriesSeconds, recoveriesAtOnce),
    )
    const inRedis = await tidyJobs()
    const tidied = { batches, notices, recoveries, jobs: inRedis?.jobs ?? null, refused: inRedis?.refused ?? null }
    const durationMs = Math.round(performance.now() - startedAt)
    // What the log refused waits for a person: it is the one thing here that does not go away by itself.
    if (tidied.refused) log.warn({ ...tidied, durationMs }, 'tidied up; batches that the log refused wait in redis')
    else log.info({ ...tidied, durationMs }, 'tidied up')
    return tidied
  }

  async function tidyJobs() {
    if (!tidyRedis) return null
    try {
      return await tidyRedis(await readCampaignIds(pool), keepJobsSeconds * 1_000)
    } catch (err) {
      log.debug({ err }, 'jobs not tidied')
      return null
    }
  }
}
export type TidyUp = ReturnType<typeof createTidyUp>

/** Until there is less than a statement can take, or there were enough. */
async function repeat(atOnce: number, statement: () => Promise<number>): Promise<number> {
  let total = 0
  for (let n = 0; n < maxStatements; n += 1) {
    const count = await statement()
    total += count
    if (count < atOnce) break
  }
  return total
}

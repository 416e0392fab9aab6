import type { Logger } from '../logger.ts'
import type { Pool, Transaction } from '../postgres/pool.ts'
import { endBlockers, type LockedCampaign, lockCampaign } from '../postgres/writers.ts'

/** Whoever waits so long for a campaign ends its holder: a transaction takes milliseconds, so that one froze. */
const frozenAfterMs = 3_000

/** Takes the campaign's lock. A holder that froze is ended, so that nobody is blocked for longer than 5 seconds. */
export async function lockForDeciding(
  tx: Transaction,
  pool: Pool,
  campaign: string,
  log: Logger,
): Promise<LockedCampaign | null> {
  const timer = setTimeout(() => {
    endBlockers(pool, tx.processID).then(
      (count) => log.warn({ campaign, count }, 'ended a session that held the campaign for too long'),
      (err) => log.warn({ campaign, err }, 'could not end the session that holds the campaign'),
    )
  }, frozenAfterMs)
  try {
    return await lockCampaign(tx, campaign)
  } finally {
    clearTimeout(timer)
  }
}

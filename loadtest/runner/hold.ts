import { setTimeout as sleep } from 'node:timers/promises'
import { pauseCampaign, resumeCampaign } from '#src/operations/pause-campaign.ts'
import type { Pool } from '#src/postgres/pool.ts'

const steering = { what: 'allocation', by: 'load test' } as const

/** Stops deciding a campaign, so that people wait. Resolves to what goes on deciding after so many seconds. */
export async function holdDecisions(
  pool: Pool,
  campaign: string,
): Promise<(seconds: number, stopped: AbortSignal) => Promise<void>> {
  await pauseCampaign({ pool, campaign, reason: 'a queue is wanted', ...steering })
  return async (seconds, stopped) => {
    await sleep(seconds * 1_000, undefined, { signal: stopped })
    await resumeCampaign({ pool, campaign, ...steering })
  }
}

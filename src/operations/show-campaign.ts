import type { CampaignFile } from '../domain/campaign.ts'
import { UserError } from '../errors.ts'
import { listCampaignCounts } from '../postgres/campaigns.ts'
import { countCohortVouchers, readCohorts } from '../postgres/cohorts.ts'
import type { Pool } from '../postgres/pool.ts'
import { type QueueDepth, readQueueDepths } from '../postgres/queues.ts'
import { type Pause, readPauses } from '../postgres/writers.ts'
import { toCampaignFile } from './campaign-file.ts'
import { campaignState } from './campaign-state.ts'

/** A campaign as an operator looks at it. `file` is what `campaign change` takes. */
export type CampaignShown = {
  file: CampaignFile
  state: 'upcoming' | 'open' | 'closed'
  paused: { intake: Pause | null; allocation: Pause | null }
  counts: { locations: number; slots: number; capacity: number; booked: number; vouchers: number }
  /** Vouchers by cohort; '' are those without one. */
  vouchersByCohort: Record<string, number>
  lanes: QueueDepth[]
}

/** Reads all that is to be known of a campaign. Throws a UserError when there is none. */
export async function showCampaign(pool: Pool, id: string): Promise<CampaignShown> {
  const [found] = await listCampaignCounts(pool, id)
  const paused = await readPauses(pool, id)
  if (!found || !paused) throw new UserError(`there is no campaign ${id}`, { type: 'not-found' })
  const { locations, slots, capacity, booked, vouchers } = found
  return {
    file: toCampaignFile(found, await readCohorts(pool, id)),
    state: campaignState(found),
    paused,
    counts: { locations, slots, capacity, booked, vouchers },
    vouchersByCohort: Object.fromEntries(await countCohortVouchers(pool, id)),
    lanes: await readQueueDepths(pool, id),
  }
}

import { UserError } from '../errors.ts'
import { insertAudit } from '../postgres/audit.ts'
import type { Pool } from '../postgres/pool.ts'
import { transaction } from '../postgres/transaction.ts'
import { pauseWriter, resumeWriter } from '../postgres/writers.ts'

/** Stops deciding a campaign: requests are accepted as ever and wait. Throws a UserError when it is paused already. */
export async function pauseCampaign({
  pool,
  campaign,
  reason,
  by,
}: {
  pool: Pool
  campaign: string
  reason: string
  by: string
}) {
  await transaction(pool, async (tx) => {
    if (!(await pauseWriter(tx, campaign, reason)))
      throw new UserError(`there is no campaign ${campaign} that is being decided`)
    await insertAudit(tx, { operator: by, action: 'campaign.pause', campaign, detail: { reason } })
  })
}

/** Goes on deciding. Throws a UserError when it is not paused. */
export async function resumeCampaign({ pool, campaign, by }: { pool: Pool; campaign: string; by: string }) {
  await transaction(pool, async (tx) => {
    if (!(await resumeWriter(tx, campaign))) throw new UserError(`there is no campaign ${campaign} that is paused`)
    await insertAudit(tx, { operator: by, action: 'campaign.resume', campaign })
  })
}

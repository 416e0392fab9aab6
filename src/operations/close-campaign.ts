import { UserError } from '../errors.ts'
import { insertAudit } from '../postgres/audit.ts'
import { closeCampaignNow, lockCampaignToChange } from '../postgres/campaigns.ts'
import type { Pool } from '../postgres/pool.ts'
import { transaction } from '../postgres/transaction.ts'
import { zonedText } from './campaign-file.ts'

/**
 * Closes an open campaign now: what was received before is decided as ever. Returns when that is, in its zone. Throws a UserError when
 * it is not open.
 */
export async function closeCampaign({
  pool,
  campaign,
  by,
}: {
  pool: Pool
  campaign: string
  by: string
}): Promise<{ id: string; closesAt: string }> {
  return transaction(pool, async (tx) => {
    const known = await lockCampaignToChange(tx, campaign)
    if (!known) throw new UserError(`there is no campaign ${campaign}`, { type: 'not-found' })
    const { now, opensAt, timeZone } = known
    if (now < opensAt)
      throw new UserError(
        `${campaign} opens at ${zonedText(opensAt, timeZone)}: change its times instead, \`junban campaign change FILE\``,
        { type: 'conflict' },
      )
    if (now >= known.closesAt)
      throw new UserError(`${campaign} closed at ${zonedText(known.closesAt, timeZone)}`, { type: 'conflict' })
    const closesAt = zonedText(await closeCampaignNow(tx, campaign), timeZone)
    const detail = { from: zonedText(known.closesAt, timeZone), to: closesAt }
    await insertAudit(tx, { operator: by, action: 'campaign.close', campaign, detail })
    return { id: campaign, closesAt }
  })
}

import type { Key } from '../config.ts'
import type { CampaignFile } from '../domain/campaign.ts'
import { UserError } from '../errors.ts'
import { insertAudit } from '../postgres/audit.ts'
import { insertCampaignKey } from '../postgres/campaign-keys.ts'
import { insertCampaign } from '../postgres/campaigns.ts'
import { insertCohorts } from '../postgres/cohorts.ts'
import type { Transaction } from '../postgres/pool.ts'
import { makeDataKey } from '../privacy/data-keys.ts'

const firstKeyId = 1

/** Inserts a campaign with its cohorts and a data key of its own. `from`: it is a copy. Throws a UserError when the id is taken. */
export async function insertWholeCampaign(
  tx: Transaction,
  { campaign, master, by, from }: { campaign: CampaignFile; master: Key[]; by: string; from?: string },
): Promise<void> {
  if (!(await insertCampaign(tx, campaign)))
    throw new UserError(`campaign ${campaign.id} exists already`, { type: 'conflict' })
  await insertCohorts(tx, campaign.id, campaign.cohorts)
  await insertCampaignKey(tx, campaign.id, makeDataKey(campaign.id, firstKeyId, master))
  await insertAudit(tx, {
    operator: by,
    action: from === undefined ? 'campaign.create' : 'campaign.copy',
    campaign: campaign.id,
    detail: {
      eligibility: campaign.eligibility,
      cohorts: campaign.cohorts.length,
      ...(from !== undefined && { from }),
    },
  })
}

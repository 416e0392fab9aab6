import type { Key } from '../config.ts'
import type { CampaignFile } from '../domain/campaign.ts'
import type { Pool } from '../postgres/pool.ts'
import { transaction } from '../postgres/transaction.ts'
import { insertWholeCampaign } from './insert-whole-campaign.ts'
import { parseCampaignFile } from './parse-campaign-file.ts'

/**
 * Creates a campaign from the text of its JSON file, whole or not at all. Throws a UserError that names every wrong field. `by`
 * is who, for the audit.
 */
export async function createCampaign({
  pool,
  master,
  text,
  by,
}: {
  pool: Pool
  master: Key[]
  text: string
  by: string
}): Promise<CampaignFile> {
  const campaign = parseCampaignFile(text)
  await transaction(pool, (tx) => insertWholeCampaign(tx, { campaign, master, by }))
  return campaign
}

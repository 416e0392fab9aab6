import type { Key } from '../config.ts'
import { CampaignFile } from '../domain/campaign.ts'
import { UserError } from '../errors.ts'
import type { Pool } from '../postgres/pool.ts'
import { transaction } from '../postgres/transaction.ts'
import { insertWholeCampaign } from './insert-whole-campaign.ts'

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
  const campaign = parseCampaign(text)
  await transaction(pool, (tx) => insertWholeCampaign(tx, { campaign, master, by }))
  return campaign
}

function parseCampaign(text: string): CampaignFile {
  const parsed = CampaignFile.safeParse(parseJson(text))
  if (!parsed.success)
    throw new UserError(
      parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the campaign'}: ${message}`).join('\n'),
    )
  // A campaign that promises what nobody does yet would be found out on its opening day.
  if (parsed.data.mode === 'draw') throw new UserError('mode: "draw" is not built yet; only "queue" is')
  if (parsed.data.doses) throw new UserError('doses: series are not built yet; leave `doses` out')
  return parsed.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    throw new UserError('the campaign file is not JSON')
  }
}

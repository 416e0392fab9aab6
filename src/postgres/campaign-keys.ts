import type { WrappedKey } from '../privacy/data-keys.ts'
import type { Transaction } from './pool.ts'

/** Keeps a campaign's data key, wrapped by a master key that is not in this database. */
export async function insertCampaignKey(
  tx: Transaction,
  campaign: string,
  { keyId, masterKeyId, wrapped }: WrappedKey,
): Promise<void> {
  await tx.query({
    name: 'campaign_keys.insert',
    text: 'insert into campaign_keys (campaign_id, key_id, master_key_id, wrapped) values ($1, $2, $3, $4)',
    values: [campaign, keyId, masterKeyId, wrapped],
  })
}

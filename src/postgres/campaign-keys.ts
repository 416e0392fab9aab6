import type { WrappedKey } from '../privacy/data-keys.ts'
import type { Queryable, Transaction } from './pool.ts'

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

/** A campaign's data keys that were not erased, newest first; still wrapped. */
export async function readCampaignKeys(db: Queryable, campaign: string): Promise<WrappedKey[]> {
  const { rows } = await db.query<WrappedKey>({
    name: 'campaign_keys.read',
    text: `
      select key_id as "keyId", master_key_id as "masterKeyId", wrapped
        from campaign_keys
       where campaign_id = $1 and wrapped is not null
       order by key_id desc`,
    values: [campaign],
  })
  return rows
}

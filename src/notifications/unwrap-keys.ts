import type { Key } from '../config.ts'
import type { Logger } from '../logger.ts'
import { readWrappedKeys } from '../postgres/notices.ts'
import type { Queryable } from '../postgres/pool.ts'
import { type DataKey, unwrapDataKey } from '../privacy/data-keys.ts'

/** The data keys of a campaign; null when there are some and none can be used: a wrong JUNBAN_MASTER_KEYS is not an erasure. */
export type DataKeys = Map<string, DataKey[] | null>

/** Those of these campaigns, read afresh: an erasure holds at once. */
export async function unwrapKeys(
  { db, masterKeys, log }: { db: Queryable; masterKeys: Key[]; log: Logger },
  campaigns: string[],
): Promise<DataKeys> {
  const keys: DataKeys = new Map()
  for (const { campaign, ...key } of await readWrappedKeys(db, [...new Set(campaigns)])) {
    try {
      keys.set(campaign, [...(keys.get(campaign) ?? []), unwrapDataKey(campaign, key, masterKeys)])
    } catch (err) {
      log.error({ campaign, err }, 'data key cannot be unwrapped')
      if (!keys.has(campaign)) keys.set(campaign, null)
    }
  }
  return keys
}

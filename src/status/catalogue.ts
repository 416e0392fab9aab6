import type { Key } from '../config.ts'
import type { Logger } from '../logger.ts'
import { type CampaignRecord, readCampaignRecord } from '../postgres/catalogue.ts'
import type { Pool } from '../postgres/pool.ts'
import { type DataKey, unwrapDataKey } from '../privacy/data-keys.ts'
import { zonedTime } from './zoned-time.ts'

export type Location = { id: string; name: string; address: string | null }
/** Times are ready to be sent: RFC 3339 with the campaign's offset; `day` is that of its start there. */
export type Slot = { id: string; locationId: string; day: string; startsAt: string; endsAt: string; capacity: number }

/** A campaign as intake and the answers hold it in memory: nothing of it is asked of a store while a request waits. */
export type Campaign = Omit<CampaignRecord, 'cohorts' | 'locations' | 'slots' | 'keys' | 'voucherPattern'> & {
  voucherPattern: RegExp
  cohorts: { id: string; opensAt: number }[]
  locations: ReadonlyMap<string, Location>
  /** By id, in the order of start and id. */
  slots: ReadonlyMap<string, Slot>
  /** Newest first. Empty when they were erased, or no master key fits. */
  dataKeys: DataKey[]
}

/** All campaigns, kept as fresh as the versions that are noted. */
export function createCatalogue({ pool, masterKeys, log }: { pool: Pool; masterKeys: Key[]; log: Logger }) {
  const campaigns = new Map<string, { campaign: Campaign; record: CampaignRecord }>()
  const loading = new Map<string, Promise<void>>()

  async function load(id: string): Promise<void> {
    const record = await readCampaignRecord(pool, id)
    if (!record) return
    await take(record)
    log.info({ campaign: id, version: record.catalogueVersion, slots: record.slots.length }, 'campaign read')
  }

  async function take(record: CampaignRecord) {
    campaigns.set(record.id, { campaign: await build(record, unwrapAll(record)), record })
  }

  function unwrapAll({ id, keys }: CampaignRecord): DataKey[] {
    return keys.flatMap((key) => {
      try {
        return [unwrapDataKey(id, { ...key, wrapped: Buffer.from(key.wrapped, 'base64') }, masterKeys)]
      } catch (err) {
        log.error({ campaign: id, err }, 'data key cannot be unwrapped')
        return []
      }
    })
  }

  return {
    get: (id: string): Campaign | undefined => campaigns.get(id)?.campaign,
    /** In the order of ids. */
    all: (): Campaign[] =>
      [...campaigns.values()].map(({ campaign }) => campaign).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    /** The campaigns as they were read, to be kept elsewhere; and taken over from there. */
    records: (): CampaignRecord[] => [...campaigns.values()].map(({ record }) => record),
    restore: take,

    /** Reads what is new or changed and forgets what is gone. One load per campaign at a time. */
    async follow(versions: ReadonlyMap<string, number>): Promise<void> {
      for (const id of campaigns.keys()) if (!versions.has(id)) campaigns.delete(id)
      const stale = [...versions].filter(([id, version]) => campaigns.get(id)?.record.catalogueVersion !== version)
      await Promise.all(
        stale.map(([id]) => {
          const load_ = loading.get(id) ?? load(id).finally(() => loading.delete(id))
          loading.set(id, load_)
          return load_
        }),
      )
    },
  }
}
export type Catalogue = ReturnType<typeof createCatalogue>

/** Slots whose times are put into words before other work gets its turn: a few ms. */
const slotsAtOnce = 500

async function build(record: CampaignRecord, dataKeys: DataKey[]): Promise<Campaign> {
  const { cohorts, locations, slots, keys: _, voucherPattern, timeZone, ...rest } = record
  const built = new Map<string, Slot>()
  for (const { id, locationId, startsAt, endsAt, capacity } of slots) {
    const start = zonedTime(startsAt, timeZone)
    built.set(id, {
      id,
      locationId,
      day: start.slice(0, 10),
      startsAt: start,
      endsAt: zonedTime(endsAt, timeZone),
      capacity,
    })
    if (built.size % slotsAtOnce === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    ...rest,
    timeZone,
    voucherPattern: new RegExp(voucherPattern, 'u'),
    cohorts,
    locations: new Map(locations.map((location) => [location.id, location])),
    slots: built,
    dataKeys,
  }
}

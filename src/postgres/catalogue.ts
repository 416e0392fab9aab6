import type { Doses } from '../domain/campaign.ts'
import type { Queryable } from './pool.ts'

/** A campaign and what it offers, as clients see it. Instants in epoch ms. */
export type CampaignRecord = {
  id: string
  name: { ja?: string; en?: string }
  timeZone: string
  opensAt: number
  closesAt: number
  eligibility: 'register' | 'anyone'
  voucherPattern: string
  mode: 'queue' | 'draw'
  doses: Doses | null
  catalogueVersion: number
  cohorts: { id: string; opensAt: number }[]
  locations: { id: string; name: string; address: string | null }[]
  /** Not erased ones, newest first; still wrapped, as base64. */
  keys: { keyId: number; masterKeyId: string; wrapped: string }[]
  slots: { id: string; locationId: string; startsAt: number; endsAt: number; capacity: number }[]
}

/** Reads one campaign with all it offers, slots by start and id. Null when there is none. */
export async function readCampaignRecord(db: Queryable, id: string): Promise<CampaignRecord | null> {
  const { rows } = await db.query<Omit<CampaignRecord, 'slots'>>({
    name: 'catalogue.read_campaign',
    text: `
      select id, name, time_zone as "timeZone", opens_at as "opensAt", closes_at as "closesAt", eligibility,
             voucher_pattern as "voucherPattern", mode, doses, catalogue_version as "catalogueVersion",
             coalesce((select json_agg(json_build_object('id', cohorts.id,
                                                         'opensAt', extract(epoch from cohorts.opens_at)::float8 * 1000)
                                       order by cohorts.id)
                         from cohorts where campaign_id = campaigns.id), '[]') as cohorts,
             coalesce((select json_agg(json_build_object('id', locations.id, 'name', locations.name, 'address', address)
                                       order by locations.id)
                         from locations where campaign_id = campaigns.id), '[]') as locations,
             coalesce((select json_agg(json_build_object('keyId', key_id, 'masterKeyId', master_key_id,
                                                         'wrapped', encode(wrapped, 'base64')) order by key_id desc)
                         from campaign_keys where campaign_id = campaigns.id and wrapped is not null), '[]') as keys
        from campaigns
       where id = $1`,
    values: [id],
  })
  const campaign = rows[0]
  if (!campaign) return null
  const { rows: slots } = await db.query<CampaignRecord['slots'][number]>({
    name: 'catalogue.read_slots',
    text: `
      select id, location_id as "locationId", extract(epoch from starts_at)::float8 * 1000 as "startsAt",
             extract(epoch from ends_at)::float8 * 1000 as "endsAt", capacity
        from slots
       where campaign_id = $1
       order by starts_at, id`,
    values: [id],
  })
  return { ...campaign, slots }
}

import type { CampaignFile } from '../domain/campaign.ts'
import type { Queryable, Transaction } from './pool.ts'

/** A campaign as stored. `opensAt` and `closesAt` in epoch ms. */
export type Campaign = {
  id: string
  name: { ja?: string; en?: string }
  timeZone: string
  opensAt: number
  closesAt: number
  eligibility: 'register' | 'anyone'
  voucherPattern: string
  mode: 'queue' | 'draw'
}

const campaignColumns = `
  id, name, time_zone as "timeZone", opens_at as "opensAt", closes_at as "closesAt", eligibility,
  voucher_pattern as "voucherPattern", mode`

/** One campaign, or null. */
export async function readCampaign(db: Queryable, campaign: string): Promise<Campaign | null> {
  const { rows } = await db.query<Campaign>({
    name: 'campaigns.read',
    text: `select ${campaignColumns} from campaigns where id = $1`,
    values: [campaign],
  })
  return rows[0] ?? null
}

/** Inserts a campaign without its cohorts. False when its id is taken. */
export async function insertCampaign(tx: Transaction, campaign: CampaignFile): Promise<boolean> {
  const { id, name, timeZone, opensAt, closesAt, eligibility, voucherPattern, mode } = campaign
  const { rowCount } = await tx.query({
    name: 'campaigns.insert',
    text: `
      insert into campaigns (id, name, time_zone, opens_at, closes_at, eligibility, voucher_pattern, mode)
      values ($1, $2, $3, $4, $5, $6, $7, $8)
          on conflict (id) do nothing`,
    values: [id, name, timeZone, opensAt, closesAt, eligibility, voucherPattern, mode],
  })
  return rowCount === 1
}

/** Whether there is any campaign at all. */
export async function hasCampaigns(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>({
    name: 'campaigns.has_any',
    text: 'select exists (select from campaigns) as found',
  })
  return rows[0]!.found
}

/** Tells every intake that the register is not the one in its memory. */
export async function raiseRegisterVersion(tx: Transaction, campaign: string): Promise<void> {
  await tx.query({
    name: 'campaigns.raise_register_version',
    text: 'update campaigns set register_version = register_version + 1 where id = $1',
    values: [campaign],
  })
}

export type CampaignCounts = Campaign & {
  locations: number
  slots: number
  capacity: number
  booked: number
  vouchers: number
}

/** Every campaign with what it holds, by opening. Counts rows: for operators, not for the public. */
export async function listCampaignCounts(db: Queryable): Promise<CampaignCounts[]> {
  const { rows } = await db.query<CampaignCounts>({
    name: 'campaigns.list_counts',
    text: `
      select ${campaignColumns}, locations, slots, capacity, booked, vouchers
        from campaigns
       cross join lateral (select count(*) as locations from locations where campaign_id = campaigns.id) l
       cross join lateral (
         select count(*) as slots, coalesce(sum(capacity), 0) as capacity, coalesce(sum(booked), 0) as booked
           from slots where campaign_id = campaigns.id) s
       cross join lateral (select count(*) as vouchers from vouchers where campaign_id = campaigns.id) v
       order by opens_at, id`,
  })
  return rows
}

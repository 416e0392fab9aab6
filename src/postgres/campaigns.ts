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
  doses: NonNullable<CampaignFile['doses']> | null
}

const campaignColumns = `
  id, name, time_zone as "timeZone", opens_at as "opensAt", closes_at as "closesAt", eligibility,
  voucher_pattern as "voucherPattern", mode, doses`

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
  const { id, name, timeZone, opensAt, closesAt, eligibility, voucherPattern, mode, doses } = campaign
  const { rowCount } = await tx.query({
    name: 'campaigns.insert',
    text: `
      insert into campaigns (id, name, time_zone, opens_at, closes_at, eligibility, voucher_pattern, mode, doses)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
          on conflict (id) do nothing`,
    values: [id, name, timeZone, opensAt, closesAt, eligibility, voucherPattern, mode, doses ?? null],
  })
  return rowCount === 1
}

/** A campaign, and what of it keeps others from changing it. `requests`: how many were ever accepted. `now` in epoch ms. */
export type ChangingCampaign = Campaign & { now: number; requests: number }

/** Takes the campaign's lock and reads it as it is. Null when there is none. */
export async function lockCampaignToChange(tx: Transaction, campaign: string): Promise<ChangingCampaign | null> {
  const { rows } = await tx.query<ChangingCampaign>({
    name: 'campaigns.lock_to_change',
    text: `
      select ${campaignColumns}, clock_timestamp() as now,
             (select coalesce(sum(accepted_number), 0)::bigint from lanes where campaign_id = campaigns.id) as requests
        from campaigns
       where id = $1
         for no key update`,
    values: [campaign],
  })
  return rows[0] ?? null
}

/** Makes a campaign what its file says, its cohorts apart. Triggers tell every API. */
export async function updateCampaign(tx: Transaction, campaign: CampaignFile): Promise<void> {
  const { id, name, timeZone, opensAt, closesAt, eligibility, voucherPattern, mode, doses } = campaign
  await tx.query({
    name: 'campaigns.update',
    text: `
      update campaigns
         set name = $2, time_zone = $3, opens_at = $4, closes_at = $5, eligibility = $6, voucher_pattern = $7, mode = $8,
             doses = $9
       where id = $1`,
    values: [id, name, timeZone, opensAt, closesAt, eligibility, voucherPattern, mode, doses ?? null],
  })
}

/** Closes a campaign now. Returns when that is, in epoch ms. */
export async function closeCampaignNow(tx: Transaction, campaign: string): Promise<number> {
  const { rows } = await tx.query<{ closesAt: number }>({
    name: 'campaigns.close_now',
    text: 'update campaigns set closes_at = clock_timestamp() where id = $1 returning closes_at as "closesAt"',
    values: [campaign],
  })
  return rows[0]!.closesAt
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
  /** The database's clock, in epoch ms. */
  now: number
  locations: number
  slots: number
  capacity: number
  booked: number
  vouchers: number
}

/** Every campaign, or one, with what it holds, by opening. Counts rows: for operators, not for the public. */
export async function listCampaignCounts(db: Queryable, campaign: string | null = null): Promise<CampaignCounts[]> {
  const { rows } = await db.query<CampaignCounts>({
    name: 'campaigns.list_counts',
    text: `
      select ${campaignColumns}, clock_timestamp() as now, locations, slots, capacity, booked, vouchers
        from campaigns
       cross join lateral (select count(*) as locations from locations where campaign_id = campaigns.id) l
       cross join lateral (
         select count(*) as slots, coalesce(sum(capacity), 0) as capacity, coalesce(sum(booked), 0) as booked
           from slots where campaign_id = campaigns.id) s
       cross join lateral (select count(*) as vouchers from vouchers where campaign_id = campaigns.id) v
       where $1::text is null or id = $1
       order by opens_at, id`,
    values: [campaign],
  })
  return rows
}

import type { Doses } from '../domain/campaign.ts'
import type { Lane } from '../domain/lane.ts'
import type { Pool, Queryable, Transaction } from './pool.ts'

export type LockedCampaign = {
  closesAt: number
  timeZone: string
  eligibility: 'register' | 'anyone'
  doses: Doses | null
}

/**
 * Takes the campaign's lock: one writer each. `for no key update`, so that rows which refer to the campaign can be inserted
 * meanwhile. Null when there is no such campaign.
 */
export async function lockCampaign(tx: Transaction, campaign: string): Promise<LockedCampaign | null> {
  const { rows } = await tx.query<LockedCampaign>({
    name: 'writers.lock_campaign',
    text: `
      select closes_at as "closesAt", time_zone as "timeZone", eligibility, doses
        from campaigns
       where id = $1
         for no key update`,
    values: [campaign],
  })
  return rows[0] ?? null
}

export type Work = {
  /** The database's clock, in epoch ms. */
  now: number
  slotsRevision: number
  lineRevision: number
  paused: boolean
  /** Who decided last, and how long ago, in ms. */
  allocator: string | null
  idleMs: number
  lanes: { lane: Lane; servingNumber: number; acceptedNumber: number }[]
}

/**
 * What there is to decide. Read after the lock, in a statement of its own, so that it sees what the last writer committed. Null when there is
 * no such campaign.
 */
export async function readWork(tx: Transaction, campaign: string): Promise<Work | null> {
  const { rows } = await tx.query<{
    now: number
    slotsRevision: number
    lineRevision: number
    paused: boolean
    allocator: string | null
    idleMs: number
    lane: Lane
    servingNumber: number
    acceptedNumber: number
  }>({
    name: 'writers.read_work',
    text: `
      select clock_timestamp() as now, slots_revision as "slotsRevision",
             waitlist_revision as "lineRevision", paused_at is not null as paused, allocator,
             coalesce(extract(epoch from clock_timestamp() - decided_at)::float8 * 1000, 'infinity') as "idleMs", lane, serving_number as "servingNumber", accepted_number as "acceptedNumber"
        from writers join lanes using (campaign_id) join lane_progress using (campaign_id, lane)
       where campaign_id = $1`,
    values: [campaign],
  })
  const first = rows[0]
  if (!first) return null
  const { now, slotsRevision, lineRevision, paused, allocator, idleMs } = first
  return { now, slotsRevision, lineRevision, paused, allocator, idleMs, lanes: rows }
}

/** Moves a lane's serving number and says who did. Returns the revision of the slots as this transaction leaves it. */
export async function advance(
  tx: Transaction,
  { campaign, lane, to, allocator }: { campaign: string; lane: Lane; to: number; allocator: string },
): Promise<number> {
  const { rows } = await tx.query<{ slotsRevision: number }>({
    name: 'writers.advance',
    text: `
      with served as (
        update lane_progress set serving_number = $3 where campaign_id = $1 and lane = $2
      )
      update writers set allocator = $4, decided_at = clock_timestamp() where campaign_id = $1
      returning slots_revision as "slotsRevision"`,
    values: [campaign, lane, to, allocator],
  })
  return rows[0]!.slotsRevision
}

export type CampaignWork = {
  campaign: string
  /** Whether requests wait in any lane. */
  waiting: boolean
  paused: boolean
  allocator: string | null
  /** How long ago the campaign was last decided, in ms. */
  idleMs: number | null
  /** Whether it takes requests now or within five minutes. */
  live: boolean
}

/** Every campaign, and whether there is something to decide. */
export async function readCampaignWork(db: Queryable): Promise<CampaignWork[]> {
  const { rows } = await db.query<CampaignWork>({
    name: 'writers.read_campaign_work',
    text: `
      select campaigns.id as campaign, bool_or(accepted_number > serving_number) as waiting, paused_at is not null as paused,
             allocator, extract(epoch from clock_timestamp() - decided_at)::float8 * 1000 as "idleMs",
             opens_at < clock_timestamp() + interval '5 minutes' and closes_at > clock_timestamp() as live
        from campaigns
        join writers on writers.campaign_id = campaigns.id
        join lanes on lanes.campaign_id = campaigns.id
        join lane_progress on lane_progress.campaign_id = campaigns.id and lane_progress.lane = lanes.lane
       group by campaigns.id, paused_at, allocator, decided_at`,
  })
  return rows
}

/** Campaigns in which something waits and could be decided, and how many have been served in all lanes. */
export async function readUndecided(db: Queryable): Promise<{ campaign: string; served: number }[]> {
  const { rows } = await db.query<{ campaign: string; served: number }>({
    name: 'writers.read_undecided',
    text: `
      select campaign_id as campaign, sum(serving_number)::bigint as served
        from writers join lanes using (campaign_id) join lane_progress using (campaign_id, lane)
       where paused_at is null
       group by campaign_id
      having bool_or(accepted_number > serving_number)`,
  })
  return rows
}

/** Whether nobody holds a campaign's lock. Takes it, and lets go of it at once. */
export async function isCampaignFree(db: Queryable, campaign: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'writers.is_campaign_free',
    text: 'select from campaigns where id = $1 for no key update skip locked',
    values: [campaign],
  })
  return rowCount === 1
}

/** Stops deciding a campaign until an operator resumes it. False when it was paused already, or there is none. */
export async function pauseWriter(db: Queryable, campaign: string, reason: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'writers.pause',
    text: `update writers set paused_at = clock_timestamp(), paused_reason = $2 where campaign_id = $1 and paused_at is null`,
    values: [campaign, reason],
  })
  return rowCount === 1
}

/** Goes on deciding a campaign. False when it was not paused, or there is none. */
export async function resumeWriter(db: Queryable, campaign: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'writers.resume',
    text: `update writers set paused_at = null, paused_reason = null where campaign_id = $1 and paused_at is not null`,
    values: [campaign],
  })
  return rowCount === 1
}

/** Stops accepting requests for a campaign. False when that was paused already, or there is none. */
export async function pauseIntake(db: Queryable, campaign: string, reason: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'writers.pause_intake',
    text: `
      update writers set intake_paused_at = clock_timestamp(), intake_paused_reason = $2
       where campaign_id = $1 and intake_paused_at is null`,
    values: [campaign, reason],
  })
  return rowCount === 1
}

/** Accepts requests for a campaign again. False when that was not paused, or there is none. */
export async function resumeIntake(db: Queryable, campaign: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'writers.resume_intake',
    text: `
      update writers set intake_paused_at = null, intake_paused_reason = null
       where campaign_id = $1 and intake_paused_at is not null`,
    values: [campaign],
  })
  return rowCount === 1
}

export type Pause = { at: number; reason: string }

/** What of a campaign is paused, since when (epoch ms) and why. Null when there is no such campaign. */
export async function readPauses(
  db: Queryable,
  campaign: string,
): Promise<{ intake: Pause | null; allocation: Pause | null } | null> {
  const { rows } = await db.query({
    name: 'writers.read_pauses',
    text: `
      select intake_paused_at as "intakeAt", intake_paused_reason as "intakeReason",
             paused_at as "allocationAt", paused_reason as "allocationReason"
        from writers
       where campaign_id = $1`,
    values: [campaign],
  })
  const row = rows[0]
  if (!row) return null
  return {
    intake: row.intakeAt === null ? null : { at: row.intakeAt, reason: row.intakeReason },
    allocation: row.allocationAt === null ? null : { at: row.allocationAt, reason: row.allocationReason },
  }
}

/**
 * Ends whoever blocks a backend: an allocator that froze while reading is active, not idle, and would hold its campaign for
 * ever. As the login itself (`role none`), because a role may only end its own. An operator's import is left to finish.
 */
export async function endBlockers(pool: Pool, waitingPid: number): Promise<number> {
  const client = await pool.connect()
  try {
    await client.query('set role none')
    const { rows } = await client.query<{ ended: number }>({
      name: 'writers.end_blockers',
      text: `
        select count(*) filter (where pg_terminate_backend(pid))::int as ended
          from pg_stat_activity
         where pid = any(pg_blocking_pids($1)) and application_name <> 'junban-operator'`,
      values: [waitingPid],
    })
    return rows[0]!.ended
  } finally {
    client.release(true) // its role is no longer the pool's
  }
}

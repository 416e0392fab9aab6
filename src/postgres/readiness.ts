import type { Queryable } from './pool.ts'

/** Whether a campaign has what its opening needs. Instants in epoch ms. */
export type Readiness = {
  id: string
  timeZone: string
  now: number
  opensAt: number
  closesAt: number
  eligibility: 'register' | 'anyone'
  vouchers: number
  slots: number
  blockedSlots: number
  /** Slots that begin before the campaign opens, or before now. */
  pastSlots: number
  /** Seats in slots that can still be given. */
  freeSeats: number
  waiting: number
  setAside: number
  /** How long ago something was decided, in ms; null when nothing ever was. */
  idleMs: number | null
  allocationPausedReason: string | null
  intakePausedReason: string | null
}

/** Of one campaign, or of all that are not closed. */
export async function readReadiness(db: Queryable, campaign: string | null): Promise<Readiness[]> {
  const { rows } = await db.query<Readiness>({
    name: 'readiness.read',
    text: `
      select id, time_zone as "timeZone", clock_timestamp() as now, opens_at as "opensAt", closes_at as "closesAt", eligibility,
             vouchers, slots, "blockedSlots", "pastSlots", "freeSeats", waiting, "setAside",
             extract(epoch from clock_timestamp() - decided_at)::float8 * 1000 as "idleMs",
             paused_reason as "allocationPausedReason", intake_paused_reason as "intakePausedReason"
        from campaigns
        join writers on writers.campaign_id = campaigns.id
       cross join lateral (select count(*) as vouchers from vouchers where campaign_id = campaigns.id) v
       cross join lateral (
         select count(*) as slots, count(*) filter (where blocked) as "blockedSlots",
                count(*) filter (where starts_at < greatest(opens_at, clock_timestamp())) as "pastSlots",
                coalesce(sum(capacity - booked) filter (
                  where not blocked and starts_at >= greatest(opens_at, clock_timestamp())), 0)::bigint as "freeSeats"
           from slots where campaign_id = campaigns.id) s
       cross join lateral (
         select sum(accepted_number - serving_number)::bigint as waiting
           from lanes join lane_progress using (campaign_id, lane) where campaign_id = campaigns.id) q
       cross join lateral (
         select count(*) as "setAside" from set_aside where campaign_id = campaigns.id and settled_at is null) a
       where case when $1::text is null then closes_at > clock_timestamp() else id = $1 end
       order by opens_at, id`,
    values: [campaign],
  })
  return rows
}

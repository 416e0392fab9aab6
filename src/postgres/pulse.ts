import type { Lane } from '../domain/lane.ts'
import type { Queryable } from './pool.ts'

export type Beat = {
  campaign: string
  catalogueVersion: number
  registerVersion: number
  /** Whether operators stopped deciding it, and whether they stopped accepting for it. */
  paused: boolean
  intakePaused: boolean
  lane: Lane
  acceptedNumber: number
  servingNumber: number
}

/** `announcement`: the id of what is announced now, or null. `now`: the database's clock in epoch ms. */
export type Pulse = { now: number; announcement: number | null; beats: Beat[] }

/** What changes from second to second, of every campaign and lane. */
export async function readPulse(db: Queryable): Promise<Pulse> {
  const { rows } = await db.query<Beat & Omit<Pulse, 'beats'>>({
    name: 'pulse.read',
    text: `
      select extract(epoch from clock_timestamp())::float8 * 1000 as now, campaigns.id as campaign,
             catalogue_version as "catalogueVersion", register_version as "registerVersion", paused_at is not null as paused,
             intake_paused_at is not null as "intakePaused",
             (select id from announcements where cleared_at is null) as announcement,
             lanes.lane, accepted_number as "acceptedNumber", serving_number as "servingNumber"
        from (select) always
        left join campaigns on true
        left join writers on writers.campaign_id = campaigns.id
        left join lanes on lanes.campaign_id = campaigns.id
        left join lane_progress on lane_progress.campaign_id = campaigns.id and lane_progress.lane = lanes.lane`,
  })
  const { now, announcement } = rows[0]!
  const beats = rows.filter(({ campaign }) => campaign !== null).map(({ now: _, announcement: __, ...beat }) => beat)
  return { now, announcement, beats }
}

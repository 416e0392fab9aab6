import type { Lane } from '../domain/lane.ts'
import type { Queryable } from './pool.ts'

export type Beat = {
  campaign: string
  catalogueVersion: number
  registerVersion: number
  paused: boolean
  lane: Lane
  acceptedNumber: number
  servingNumber: number
}

/** What changes from second to second, of every campaign and lane, and the database's clock in epoch ms. */
export async function readPulse(db: Queryable): Promise<{ now: number; beats: Beat[] }> {
  const { rows } = await db.query<Beat & { now: number }>({
    name: 'pulse.read',
    text: `
      select extract(epoch from clock_timestamp())::float8 * 1000 as now, campaigns.id as campaign,
             catalogue_version as "catalogueVersion", register_version as "registerVersion", paused_at is not null as paused,
             lanes.lane, accepted_number as "acceptedNumber", serving_number as "servingNumber"
        from (select) always
        left join campaigns on true
        left join writers on writers.campaign_id = campaigns.id
        left join lanes on lanes.campaign_id = campaigns.id
        left join lane_progress on lane_progress.campaign_id = campaigns.id and lane_progress.lane = lanes.lane`,
  })
  return { now: rows[0]!.now, beats: rows.filter(({ campaign }) => campaign !== null) }
}

import type { Lane } from '../domain/lane.ts'
import type { Queryable } from './pool.ts'

export type QueueDepth = {
  campaign: string
  lane: Lane
  acceptedNumber: number
  servingNumber: number
  waiting: number
  waitingBatches: number
  setAside: number
  /** Whether operators stopped accepting, or deciding. */
  intakePaused: boolean
  allocationPaused: boolean
  /** Age of the oldest undecided batch, in seconds; null when none waits. */
  oldestBatchAgeSeconds: number | null
}

/** How deep every lane of every campaign, or of one, is, by the log. */
export async function readQueueDepths(db: Queryable, campaign: string | null = null): Promise<QueueDepth[]> {
  const { rows } = await db.query<QueueDepth>({
    name: 'queues.read_depths',
    text: `
      select lanes.campaign_id as campaign, lane, accepted_number as "acceptedNumber", serving_number as "servingNumber",
             accepted_number - serving_number as waiting,
             intake_paused_at is not null as "intakePaused", paused_at is not null as "allocationPaused",
             coalesce(undecided.batches, 0) as "waitingBatches", undecided.age as "oldestBatchAgeSeconds",
             (select count(*) from set_aside
               where set_aside.campaign_id = lanes.campaign_id and set_aside.lane = lanes.lane and settled_at is null) as "setAside"
        from lanes
        join lane_progress using (campaign_id, lane)
        join writers using (campaign_id)
        left join lateral (
          select count(*) as batches, extract(epoch from clock_timestamp() - min(accepted_at))::float8 as age
            from batches
           where batches.campaign_id = lanes.campaign_id and batches.lane = lanes.lane and last_number > serving_number
        ) undecided on true
       where $1::text is null or lanes.campaign_id = $1
       order by 1, 2`,
    values: [campaign],
  })
  return rows
}

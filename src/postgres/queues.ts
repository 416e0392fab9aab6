import type { Lane } from '../domain/lane.ts'
import type { Queryable } from './pool.ts'

export type QueueDepth = {
  campaign: string
  lane: Lane
  waiting: number
  waitingBatches: number
  setAside: number
  /** Age of the oldest undecided batch, in seconds; null when none waits. */
  oldestBatchAgeSeconds: number | null
}

/** How deep every lane of every campaign is, by the log. */
export async function readQueueDepths(db: Queryable): Promise<QueueDepth[]> {
  const { rows } = await db.query<QueueDepth>({
    name: 'queues.read_depths',
    text: `
      select lanes.campaign_id as campaign, lane, accepted_number - serving_number as waiting,
             coalesce(undecided.batches, 0) as "waitingBatches", undecided.age as "oldestBatchAgeSeconds",
             (select count(*) from set_aside
               where set_aside.campaign_id = lanes.campaign_id and set_aside.lane = lanes.lane and settled_at is null) as "setAside"
        from lanes
        join lane_progress using (campaign_id, lane)
        left join lateral (
          select count(*) as batches, extract(epoch from clock_timestamp() - min(accepted_at))::float8 as age
            from batches
           where batches.campaign_id = lanes.campaign_id and batches.lane = lanes.lane and last_number > serving_number
        ) undecided on true
       order by 1, 2`,
  })
  return rows
}

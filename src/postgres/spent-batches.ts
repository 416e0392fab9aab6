import type { Queryable } from './pool.ts'

/**
 * Clears the requests of at most `limit` batches that nothing needs any more, and says how many: the serving number has passed them,
 * their last decision is older than this, and none of their requests waits, set aside, for an operator. The rows stay: their numbers
 * hold the log together, and their ids answer who sends a batch again.
 */
export async function clearSpentBatches(db: Queryable, olderThanSeconds: number, limit: number): Promise<number> {
  const { rowCount } = await db.query({
    name: 'spent_batches.clear',
    text: `
      with bound as materialized (select clock_timestamp() - make_interval(secs => $1) as at)
      update batches
         set requests = null
       where requests is not null and id = any(array(
               select spent.id
                 from batches spent
                 join lane_progress using (campaign_id, lane)
                where spent.requests is not null
                  and spent.accepted_at < (select at from bound)
                  and spent.last_number <= serving_number
                  and not exists (select from decisions
                                   where decisions.campaign_id = spent.campaign_id and decisions.lane = spent.lane
                                     and number between first_number and last_number
                                     and decided_at >= (select at from bound))
                  and not exists (select from set_aside
                                   where batch_id = spent.id
                                     and (settled_at is null or settled_at >= (select at from bound)))
                order by spent.accepted_at
                limit $2))`,
    values: [olderThanSeconds, limit],
  })
  return rowCount ?? 0
}

/** The ids of all campaigns, as the janitor may see them. */
export async function readCampaignIds(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'spent_batches.read_campaign_ids',
    text: 'select distinct campaign_id as id from lane_progress order by 1',
  })
  return rows.map(({ id }) => id)
}

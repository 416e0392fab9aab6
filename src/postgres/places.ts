import type { Queryable } from './pool.ts'

/** Where reservations stand in the log: their batch, and their place in it. */
export async function readPlaces(db: Queryable, ids: string[]): Promise<{ batchId: string; place: number }[]> {
  const { rows } = await db.query<{ batchId: string; place: number }>({
    name: 'places.read',
    text: `
      select batch.id as "batchId", (queue_number - batch.first_number)::int as place
        from reservations
       cross join lateral (
         select id, first_number
           from batches
          where batches.campaign_id = reservations.campaign_id and batches.lane = reservations.lane
            and last_number >= queue_number
          order by last_number
          limit 1) batch
       where reservations.id = any($1)`,
    values: [ids],
  })
  return rows
}

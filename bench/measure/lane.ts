import type pg from 'pg'
import { waitFor } from './wait-for.ts'

/** How far our web lane has come. */
export async function readLane(client: pg.Client): Promise<{ accepted: number; serving: number }> {
  const { rows } = await client.query(`
    select accepted_number as accepted, serving_number as serving
      from lanes join lane_progress using (campaign_id, lane)
     where lane = 'web'`)
  return { accepted: Number(rows[0].accepted), serving: Number(rows[0].serving) }
}

/** Resolves when nothing waits in our web lane; to when that was, in epoch ms. */
export const waitUntilDecided = (client: pg.Client) =>
  waitFor(async () => {
    const { accepted, serving } = await readLane(client)
    return serving >= accepted
  }, 'everything decided')

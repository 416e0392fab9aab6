import type { Lane } from '../../domain/lane.ts'
import type { Queryable } from '../pool.ts'

/** Every lane of every campaign. */
export async function listLanes(db: Queryable): Promise<{ campaign: string; lane: Lane }[]> {
  const { rows } = await db.query<{ campaign: string; lane: Lane }>({
    name: 'invariants.list_lanes',
    text: 'select campaign_id as campaign, lane from lanes order by campaign_id, lane',
  })
  return rows
}

import type { Queryable, Transaction } from './pool.ts'

/** Gives a new campaign the locations of another. Returns how many. */
export async function copyLocations(tx: Transaction, from: string, to: string): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'copy_catalogue.locations',
    text: `
      insert into locations (campaign_id, id, name, address)
      select $2, id, name, address from locations where campaign_id = $1`,
    values: [from, to],
  })
  return rowCount ?? 0
}

/** Gives a new campaign, which has the locations, the schedules of another. Returns how many. */
export async function copySchedules(tx: Transaction, from: string, to: string): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'copy_catalogue.schedules',
    text: `
      insert into schedules (campaign_id, id, location_id, service)
      select $2, id, location_id, service from schedules where campaign_id = $1`,
    values: [from, to],
  })
  return rowCount ?? 0
}

/** A slot without who is in it. Times in epoch ms. */
export type PlannedSlot = {
  id: string
  scheduleId: string
  locationId: string
  startsAt: number
  endsAt: number
  capacity: number
  blocked: boolean
}

/** All slots of a campaign, by id. */
export async function readPlannedSlots(db: Queryable, campaign: string): Promise<PlannedSlot[]> {
  const { rows } = await db.query<PlannedSlot>({
    name: 'copy_catalogue.read_slots',
    text: `
      select id, schedule_id as "scheduleId", location_id as "locationId",
             extract(epoch from starts_at)::float8 * 1000 as "startsAt", extract(epoch from ends_at)::float8 * 1000 as "endsAt",
             capacity, blocked
        from slots
       where campaign_id = $1
       order by id`,
    values: [campaign],
  })
  return rows
}

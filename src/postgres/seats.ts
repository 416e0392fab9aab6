import { int4s, texts } from './binary-arrays.ts'
import type { Queryable, Transaction } from './pool.ts'

/** A campaign's slots with their free seats: full ones too, for a seat may be given back. */
export async function readFreeSeats(
  tx: Transaction,
  campaign: string,
): Promise<{ id: string; locationId: string; startsAt: number; free: number; blocked: boolean }[]> {
  const { rows } = await tx.query({
    name: 'seats.read_free',
    text: `
      select id, location_id as "locationId", extract(epoch from starts_at)::float8 * 1000 as "startsAt", capacity - booked as free,
             blocked
        from slots
       where campaign_id = $1`,
    values: [campaign],
  })
  return rows
}

/**
 * Takes seats in many slots at once, given in the order of their ids; less than none are given back.
 *
 * The check constraint `slots_never_oversold` fails the whole transaction if any slot would go over: two allocators that briefly
 * overlap cannot both take the last seat.
 */
export async function takeSeats(tx: Transaction, campaign: string, taken: ReadonlyMap<string, number>): Promise<void> {
  await tx.query({
    name: 'seats.take',
    text: `
      update slots
         set booked = booked + taken.seats
        from unnest($2::text[], $3::int[]) as taken (slot_id, seats)
       where slots.campaign_id = $1 and slots.id = taken.slot_id`,
    values: [campaign, texts([...taken.keys()]), int4s([...taken.values()])],
  })
}

/** How many seats each slot of a campaign has free, by slot id. A blocked slot has none. */
export async function readAvailability(db: Queryable, campaign: string): Promise<Map<string, number>> {
  const { rows } = await db.query<{ id: string; free: number }>({
    name: 'seats.read_availability',
    text: `select id, case when blocked then 0 else capacity - booked end as free from slots where campaign_id = $1`,
    values: [campaign],
  })
  return new Map(rows.map(({ id, free }) => [id, free]))
}

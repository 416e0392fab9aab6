import type { Queryable } from './pool.ts'

/** What a roster is of. `location` null: the campaign has none of that id. */
export type RosterPlace = { timeZone: string; location: string | null }

/** The time zone of a campaign and the name of one of its locations; undefined when there is no such campaign. */
export async function readRosterPlace(
  db: Queryable,
  campaign: string,
  location: string,
): Promise<RosterPlace | undefined> {
  const { rows } = await db.query<RosterPlace>({
    name: 'rosters.read_place',
    text: `
      select time_zone as "timeZone", locations.name as location
        from campaigns
        left join locations on locations.campaign_id = campaigns.id and locations.id = $2
       where campaigns.id = $1`,
    values: [campaign, location],
  })
  return rows[0]
}

/** An appointment of a day. Instants in epoch ms; `box` is sealed, null once it was erased. */
export type RosterEntry = {
  reservationId: string
  slotId: string
  startsAt: number
  dose: number
  box: Buffer | null
}

/** Who is expected at a location on a day of the campaign's time zone, by time, then in the order of the queue. */
export async function readRosterEntries(
  db: Queryable,
  { campaign, location, day }: { campaign: string; location: string; day: string },
): Promise<RosterEntry[]> {
  const { rows } = await db.query<RosterEntry>({
    name: 'rosters.read_entries',
    text: `
      select reservations.id as "reservationId", slots.id as "slotId", extract(epoch from starts_at)::float8 * 1000 as "startsAt",
             dose, box
        from slots
        join campaigns on campaigns.id = slots.campaign_id
        join reservations on reservations.campaign_id = slots.campaign_id and slot_ids @> array[slots.id]
       cross join unnest(slot_ids) with ordinality as held (slot_id, dose)
       where slots.campaign_id = $1 and location_id = $2 and (starts_at at time zone time_zone)::date = $3::date and slot_id = slots.id
       order by starts_at, queue_number, reservations.id, dose`,
    values: [campaign, location, day],
  })
  return rows
}

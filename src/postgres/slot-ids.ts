import type { Seat } from '../domain/decision.ts'

/** The slots of seats, that of the first dose first, as `string_to_array($n, ',')` reads them: no id has a comma. Null: no seat. */
export const joinSlotIds = (seats: readonly Seat[]): string | null =>
  seats.length > 0 ? seats.map(({ slotId }) => slotId).join(',') : null

/** The seats of a reservation, of which each names its dose and its slot: JSON, in SQL, of the column `slot_ids`. */
export const seatsJson = `
  (select coalesce(json_agg(json_build_object('dose', dose, 'slotId', slot_id) order by dose), '[]')
     from unnest(slot_ids) with ordinality as held (slot_id, dose))`

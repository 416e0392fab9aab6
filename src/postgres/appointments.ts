import { int2s, texts, uuids } from './binary-arrays.ts'
import type { Transaction } from './pool.ts'

export type NewAppointment = { reservationId: string; dose: number; slotId: string }

/**
 * Writes appointments: seats in slots, held by booked reservations. In the order of slots: their index is one of neighbours then, and what
 * they refer to is looked up in it.
 */
export async function insertAppointments(
  tx: Transaction,
  campaign: string,
  appointments: NewAppointment[],
): Promise<void> {
  await tx.query({
    name: 'appointments.insert',
    text: `
      insert into appointments (campaign_id, reservation_id, dose, slot_id)
      select $1, new.* from unnest($2::uuid[], $3::smallint[], $4::text[]) as new (reservation_id, dose, slot_id) order by slot_id`,
    values: [
      campaign,
      uuids(appointments.map(({ reservationId }) => reservationId)),
      int2s(appointments.map(({ dose }) => dose)),
      texts(appointments.map(({ slotId }) => slotId)),
    ],
  })
}

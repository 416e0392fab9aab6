import type { Standing } from '../domain/decision.ts'
import type { Transaction } from './pool.ts'
import { joinSlotIds, seatsJson } from './slot-ids.ts'

/** Decided reservations of a campaign as they stand, by id. */
export async function readStandings(tx: Transaction, campaign: string, ids: string[]): Promise<Map<string, Standing>> {
  const { rows } = await tx.query<Standing>({
    name: 'standings.read',
    text: `
      select id, encode(voucher_key, 'hex') as "voucherKey", status,
             ${seatsJson} as seats,
             case status when 'waitlisted' then json_build_object('place', waitlist_place, 'choices', choices) end as waiting
        from reservations
       where campaign_id = $1 and id = any($2)`,
    values: [campaign, ids],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

/**
 * Makes reservations stand otherwise: their status, and their appointments. A cancelled one is no longer its voucher's, so this comes
 * before the voucher's next is written.
 */
export async function updateStandings(
  tx: Transaction,
  changed: Pick<Standing, 'id' | 'status' | 'seats'>[],
): Promise<void> {
  await tx.query({
    name: 'standings.update',
    text: `
      update reservations
         set status = changed.status, slot_ids = string_to_array(changed.slots, ','), changed_at = clock_timestamp()
        from unnest($1::uuid[], $2::text[], $3::text[]) as changed (id, status, slots)
       where reservations.id = changed.id`,
    values: [
      changed.map(({ id }) => id),
      changed.map(({ status }) => status),
      changed.map(({ seats }) => joinSlotIds(seats)),
    ],
  })
}

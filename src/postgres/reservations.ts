import type { LastCommand } from '../domain/command.ts'
import type { Lane } from '../domain/lane.ts'
import type { DecidedStatus, Reason } from '../domain/reservation.ts'
import { base64s, bools, hexes, int8s, texts, timestamptzs, uuids } from './binary-arrays.ts'
import type { Queryable, Transaction } from './pool.ts'

/**
 * Which of these vouchers (keyed hashes, hex) have a live reservation in the campaign. `any(…)`, not `in (select …)`: the latter is
 * planned as a join that reads the whole table (3,700 decided/s instead of 11,000 with 100,000 reservations).
 */
export async function readLiveVouchers(tx: Transaction, campaign: string, voucherKeys: string[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ key: string }>({
    name: 'reservations.read_live_vouchers',
    text: `
      select encode(voucher_key, 'hex') as key
        from reservations
       where campaign_id = $1 and status in ('booked', 'waitlisted')
         and voucher_key = any($2::bytea[])`,
    values: [campaign, hexes(voucherKeys)],
  })
  return new Set(rows.map(({ key }) => key))
}

export type NewReservation = {
  id: string
  number: number
  voucherKey: string
  status: DecidedStatus
  reason: Reason | null
  waitlist: boolean
  box: string
  acceptedAt: number
}

/**
 * Writes decided reservations. The unique index `reservations_one_per_voucher` fails the whole transaction if a voucher would
 * have two live ones.
 */
export async function insertReservations(
  tx: Transaction,
  {
    campaign,
    lane,
    decidedAt,
    reservations,
  }: { campaign: string; lane: Lane; decidedAt: number; reservations: NewReservation[] },
): Promise<void> {
  await tx.query({
    name: 'reservations.insert',
    text: `
      insert into reservations
        (campaign_id, lane, decided_at, id, queue_number, voucher_key, status, reason, waitlist, box, accepted_at)
      select $1, $2, $3, new.*
        from unnest($4::uuid[], $5::bigint[], $6::bytea[], $7::text[], $8::text[], $9::boolean[], $10::bytea[], $11::timestamptz[])
          as new (id, number, voucher_key, status, reason, waitlist, box, accepted_at)`,
    values: [
      campaign,
      lane,
      new Date(decidedAt),
      uuids(reservations.map(({ id }) => id)),
      int8s(reservations.map(({ number }) => number)),
      hexes(reservations.map(({ voucherKey }) => voucherKey)),
      texts(reservations.map(({ status }) => status)),
      texts(reservations.map(({ reason }) => reason)),
      bools(reservations.map(({ waitlist }) => waitlist)),
      base64s(reservations.map(({ box }) => box)),
      timestamptzs(reservations.map(({ acceptedAt }) => acceptedAt)),
    ],
  })
}

export type StoredReservation = {
  id: string
  campaign: string
  lane: Lane
  queueNumber: number
  status: DecidedStatus
  reason: Reason | null
  acceptedAt: number
  decidedAt: number
  /** In the waiting list, while it waits there. */
  place: number | null
  appointments: { dose: number; slotId: string }[]
  lastCommand: LastCommand | null
}

/** Decided reservations by id, with their appointments in the order of doses and the last command. Nothing personal is read. */
export async function readReservations(db: Queryable, ids: string[]): Promise<Map<string, StoredReservation>> {
  const { rows } = await db.query<StoredReservation>({
    name: 'reservations.read',
    text: `
      select id, campaign_id as campaign, lane, queue_number as "queueNumber", status, reason,
             accepted_at as "acceptedAt", decided_at as "decidedAt",
             case status when 'waitlisted' then waitlist_place end as place,
             coalesce((select json_agg(json_build_object('dose', dose, 'slotId', slot_id) order by dose)
                         from appointments where reservation_id = reservations.id), '[]') as appointments,
             (select json_build_object('id', commands.request_id, 'kind', commands.kind,
                                       'status', coalesce(outcome, 'queued'), 'reason', decisions.reason)
                from commands left join decisions on decisions.request_id = commands.request_id
               where commands.reservation_id = reservations.id order by logged desc limit 1) as "lastCommand"
        from reservations
       where id = any($1)`,
    values: [ids],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

import type { LastCommand } from '../domain/command.ts'
import type { Seat } from '../domain/decision.ts'
import type { Lane } from '../domain/lane.ts'
import type { DecidedStatus, Reason } from '../domain/reservation.ts'
import { base64s, hexes, int8s, texts, timestamptzs, uuids } from './binary-arrays.ts'
import { inTurn } from './in-turn.ts'
import type { Queryable, Transaction } from './pool.ts'
import { joinSlotIds, seatsJson } from './slot-ids.ts'

/** Which of these requests for a booking were decided before: whatever was decided, there is a reservation with the request's id. */
export async function readBooked(tx: Transaction, requestIds: string[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>({
    name: 'reservations.read_booked',
    text: 'select id from reservations where id = any($1::uuid[])',
    values: [uuids(requestIds)],
  })
  return new Set(rows.map(({ id }) => id))
}

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

/** A campaign's vouchers with a live reservation (keyed hashes, hex) in their order: those after one of them. */
export async function readLiveVouchersAfter(
  db: Queryable,
  { campaign, after, limit }: { campaign: string; after: string; limit: number },
): Promise<string[]> {
  const { rows } = await db.query<{ key: string }>({
    name: 'reservations.read_live_vouchers_after',
    text: `
      select encode(voucher_key, 'hex') as key
        from reservations
       where campaign_id = $1 and status in ('booked', 'waitlisted') and voucher_key > decode($2, 'hex')
       order by voucher_key
       limit $3`,
    values: [campaign, after, limit],
  })
  return rows.map(({ key }) => key)
}

export type DecidedBooking = {
  request: {
    id: string
    number: number
    voucherKey: string
    waitlist: boolean
    /** Whether somebody is told of the outcome. */
    notify: boolean
    box: string
    acceptedAt: number
  }
  /** What was decided. */
  outcome: DecidedStatus
  reason: Reason | null
  /** How the reservation stands at the end of the transaction, and the seats that it holds. */
  status: DecidedStatus
  seats: readonly Seat[]
}

/**
 * Writes decided bookings: of each its reservation with its appointments, its decision and, in the outbox, that it is to be told. The
 * unique index `reservations_one_per_voucher` fails the whole transaction if a voucher would have two live reservations, and the primary
 * key of the reservations if one of them was decided before. What was decided alike goes together, so that it is said once: most of a crowd are
 * booked, or told that nothing is left.
 */
export async function insertDecidedBookings(
  tx: Transaction,
  { bookings, ...where }: { campaign: string; lane: Lane; decidedAt: number; bookings: DecidedBooking[] },
): Promise<void> {
  const alike = Map.groupBy(bookings, ({ outcome, reason, status, request: { waitlist, notify } }) =>
    [outcome, reason, status, waitlist, notify].join(),
  )
  await inTurn([...alike.values()].map((those) => insertAlike(tx, { ...where, bookings: those })))
}

async function insertAlike(
  tx: Transaction,
  {
    campaign,
    lane,
    decidedAt,
    bookings,
  }: { campaign: string; lane: Lane; decidedAt: number; bookings: DecidedBooking[] },
): Promise<void> {
  const {
    outcome,
    reason,
    status,
    request: { waitlist, notify },
  } = bookings[0]!
  await tx.query({
    name: 'reservations.insert_decided',
    text: `
      with new as (
        select *
          from unnest($9::uuid[], $10::bigint[], $11::bytea[], $12::bytea[], $13::timestamptz[], $14::text[])
            as new (id, number, voucher_key, box, accepted_at, slots)
      ), decided as (
        insert into decisions (request_id, reservation_id, campaign_id, lane, number, kind, outcome, reason, decided_at)
        select id, id, $1, $2, number, 'book', $4::text, $5::text, $3 from new
      ), told as (
        insert into outbox (campaign_id, reservation_id, event)
        select $1, id, $4 from new where $8::boolean
      )
      insert into reservations
        (campaign_id, lane, decided_at, id, queue_number, voucher_key, status, reason, waitlist, box, accepted_at, slot_ids)
      select $1, $2, $3, id, number, voucher_key, $6::text, $5, $7::boolean, box, accepted_at, string_to_array(slots, ',') from new`,
    values: [
      campaign,
      lane,
      new Date(decidedAt),
      outcome,
      reason,
      status,
      waitlist,
      notify,
      uuids(bookings.map(({ request }) => request.id)),
      int8s(bookings.map(({ request }) => request.number)),
      hexes(bookings.map(({ request }) => request.voucherKey)),
      base64s(bookings.map(({ request }) => request.box)),
      timestamptzs(bookings.map(({ request }) => request.acceptedAt)),
      texts(bookings.map(({ seats }) => joinSlotIds(seats))),
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
  appointments: Seat[]
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
             ${seatsJson} as appointments,
             (select json_build_object('id', commands.request_id, 'kind', commands.kind,
                                       'status', coalesce(outcome, 'queued'), 'reason', decisions.reason)
                from commands left join decisions on decisions.request_id = commands.request_id and decisions.kind <> 'book'
               where commands.reservation_id = reservations.id order by logged desc limit 1) as "lastCommand"
        from reservations
       where id = any($1)`,
    values: [ids],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

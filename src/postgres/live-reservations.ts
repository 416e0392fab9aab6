import type { Lane } from '../domain/lane.ts'
import type { DecidedStatus } from '../domain/reservation.ts'
import type { Queryable } from './pool.ts'

/** The live reservation of a voucher. `voucherKey` as hex; `box` is null once it was erased. */
export type LiveReservation = {
  id: string
  campaign: string
  voucherKey: string
  lane: Lane
  queueNumber: number
  status: DecidedStatus
  box: Buffer | null
}

/** The live reservations of these vouchers (a campaign and a keyed hash as hex each): at most one of each. */
export async function readLiveReservations(
  db: Queryable,
  wanted: { campaign: string; voucherKey: string }[],
): Promise<LiveReservation[]> {
  const { rows } = await db.query<LiveReservation>({
    name: 'live_reservations.read',
    text: `
      select id, reservations.campaign_id as campaign, encode(reservations.voucher_key, 'hex') as "voucherKey", lane,
             queue_number as "queueNumber", status, box
        from unnest($1::text[], $2::text[]) as wanted (campaign_id, voucher_key)
        join reservations on reservations.campaign_id = wanted.campaign_id
         and reservations.voucher_key = decode(wanted.voucher_key, 'hex') and status in ('booked', 'waitlisted')`,
    values: [wanted.map(({ campaign }) => campaign), wanted.map(({ voucherKey }) => voucherKey)],
  })
  return rows
}

/** Where a reservation's request stands in the log, and when its campaign closes (epoch ms): what a receipt names. */
export type LoggedAt = { id: string; campaign: string; lane: Lane; batchId: string; place: number; closesAt: number }

/** Of these reservations. */
export async function readLoggedAt(db: Queryable, ids: string[]): Promise<Map<string, LoggedAt>> {
  const { rows } = await db.query<LoggedAt>({
    name: 'live_reservations.read_logged_at',
    text: `
      select reservations.id, reservations.campaign_id as campaign, reservations.lane, batch.id as "batchId",
             queue_number - batch.first_number as place, closes_at as "closesAt"
        from reservations
        join campaigns on campaigns.id = reservations.campaign_id
       cross join lateral (
               select id, first_number
                 from batches
                where batches.campaign_id = reservations.campaign_id and batches.lane = reservations.lane
                  and last_number >= queue_number
                order by last_number
                limit 1) batch
       where reservations.id = any($1)`,
    values: [ids],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import type { Transaction } from '../pool.ts'

/** A line of the ledger: what a client was told. Instants in epoch ms by the client's clock. */
export type Told = {
  line: number
  id: string
  queueNumber: number | null
  sentAt: number
  acceptedAt: number
  /** What is wrong with the receipt itself; null when nothing is, or it was not checked. */
  receiptFault: 'does not verify' | 'is of another reservation' | null
  /** Where a receipt that verifies says the request was put. */
  place: { campaign: string; lane: string; batchId: string; place: number } | null
}

/** A place for the ledger, and one for what is known of each id in it. They belong to the connection. */
export async function createToldRequests(tx: Transaction): Promise<void> {
  await tx.query(`
    create temp table told (
      line integer not null, id uuid not null, queue_number bigint, sent_at float8 not null, accepted_at float8 not null,
      receipt_fault text, campaign_id text, lane text, batch_id uuid, place integer
    )`)
  await tx.query(`
    create temp table told_requests (
      id uuid not null, sent_at float8 not null, accepted_at float8 not null, campaign_id text, lane text, number bigint,
      late boolean not null, decided boolean not null, pending boolean not null, reserved boolean not null
    )`)
}

const orNull = (value: string | number | null | undefined) => value ?? '\\N'

/** One line of the ledger as a line of COPY's text form. Campaign and lane are of a receipt that verifies: nothing to escape. */
export const toldLine = ({ line, id, queueNumber, sentAt, acceptedAt, receiptFault, place }: Told) =>
  `${line}\t${id}\t${orNull(queueNumber)}\t${sentAt}\t${acceptedAt}\t${orNull(receiptFault)}\t` +
  `${orNull(place?.campaign)}\t${orNull(place?.lane)}\t${orNull(place?.batchId)}\t${orNull(place?.place)}\n`

/** Streams pieces made of whole `toldLine`s in, as fast as Postgres takes them. Returns how many rows. */
export async function copyTold(tx: Transaction, pieces: AsyncIterable<string>): Promise<number> {
  const columns = 'line, id, queue_number, sent_at, accepted_at, receipt_fault, campaign_id, lane, batch_id, place'
  const copy = tx.query(copyFrom(`copy pg_temp.told (${columns}) from stdin`))
  await pipeline(Readable.from(pieces, { objectMode: true, highWaterMark: 2 }), copy)
  await tx.query('analyze pg_temp.told')
  return copy.rowCount
}

/**
 * Looks up, for every id of the ledger, the number that stands for it and what became of it. What was set aside stands where it
 * first was, wherever its retry is logged. `late` if any batch that holds it is. `pending`: it waits in the log, in a spool, or aside.
 */
export async function placeToldRequests(tx: Transaction): Promise<void> {
  await tx.query({
    name: 'invariants.place_told_requests',
    text: `
      insert into pg_temp.told_requests
      with ids as (
        select told.id, min(sent_at) as sent_at, min(told.accepted_at) as accepted_at, bool_or(batches.late) as late
          from pg_temp.told left join batches on batches.id = told.batch_id
         group by told.id
      ), decided as (
        select distinct on (request_id) request_id as id, campaign_id, lane, number from decisions order by request_id, number
      ), logged as (
        select request_id as id, (array_agg(campaign_id order by number))[1] as campaign_id,
               (array_agg(lane order by number))[1] as lane, min(number) as number, bool_or(logged_requests.late) as late,
               bool_or(waiting) as waiting
          from pg_temp.logged_requests join ids on ids.id = request_id
         group by request_id
      ), aside as (
        -- A request that could not be read was set aside under an id made for it: its receipt names the place.
        select distinct on (coalesce(told.id, request_id)) coalesce(told.id, request_id) as id, set_aside.campaign_id,
               set_aside.lane, coalesce(earlier_numbers[1], number) as number, settled_at is null as waiting
          from set_aside left join pg_temp.told on told.batch_id = set_aside.batch_id and told.place = set_aside.place
      ), spooled as (
        select distinct request_id as id from pg_temp.spooled_requests
      )
      select ids.id, sent_at, accepted_at, coalesce(aside.campaign_id, decided.campaign_id, logged.campaign_id),
             coalesce(aside.lane, decided.lane, logged.lane), coalesce(aside.number, decided.number, logged.number),
             coalesce(ids.late, false) or coalesce(logged.late, false) or coalesce(emptied.late, false),
             decided.id is not null,
             coalesce(logged.waiting, false) or coalesce(aside.waiting, false) or spooled.id is not null,
             reserved.id is not null
        from ids
        left join decided on decided.id = ids.id
        left join logged on logged.id = ids.id
        left join aside on aside.id = ids.id
        left join spooled on spooled.id = ids.id
        left join (select distinct id from reservations) reserved on reserved.id = ids.id
        left join lateral (
          select late from batches
           where logged.id is null and batches.campaign_id = decided.campaign_id and batches.lane = decided.lane
             and last_number >= decided.number
           order by last_number limit 1) emptied on true`,
  })
  await tx.query('analyze pg_temp.told_requests')
}

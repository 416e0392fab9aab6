import type { Choice } from '../domain/choice.ts'
import type { Lane } from '../domain/lane.ts'
import type { Queryable, Transaction } from './pool.ts'
import type { DecidedBooking } from './reservations.ts'
import { joinSlotIds } from './slot-ids.ts'

export type StoredWaiter = {
  id: string
  voucherKey: string
  place: number
  /** Null when it waits no more. */
  choices: Choice[] | null
}

/** Everybody in line, by place. */
export async function readLine(tx: Transaction, campaign: string): Promise<StoredWaiter[]> {
  const { rows } = await tx.query<StoredWaiter>({
    name: 'waitlist.read_line',
    text: `
      select id, encode(voucher_key, 'hex') as "voucherKey", waitlist_place as place, choices
        from reservations
       where campaign_id = $1 and status = 'waitlisted'
       order by waitlist_place`,
    values: [campaign],
  })
  return rows
}

/** Who joined, left, or wants something else since a revision. */
export async function readLineChanges(tx: Transaction, campaign: string, since: number): Promise<StoredWaiter[]> {
  const { rows } = await tx.query<StoredWaiter>({
    name: 'waitlist.read_changes',
    text: `
      select id, encode(voucher_key, 'hex') as "voucherKey", waitlist_place as place,
             case status when 'waitlisted' then choices end as choices
        from reservations
       where campaign_id = $1 and waitlist_revision > $2
       order by waitlist_place`,
    values: [campaign, since],
  })
  return rows
}

/** The last place that was ever given. */
export async function readLastPlace(tx: Transaction, campaign: string): Promise<number> {
  const { rows } = await tx.query<{ last: number }>({
    name: 'waitlist.read_last_place',
    text: `
      select coalesce((select waitlist_place from reservations
                        where campaign_id = $1 and waitlist_place is not null
                        order by waitlist_place desc limit 1), 0) as last`,
    values: [campaign],
  })
  return rows[0]!.last
}

export type NewWaiter = Omit<DecidedBooking['request'], 'notify'> &
  Pick<DecidedBooking, 'status' | 'reason' | 'seats'> & { place: number; choices: Choice[] | null }

/** Writes reservations that were put in line, as they stand at the transaction's end. */
export async function insertWaiters(
  tx: Transaction,
  {
    campaign,
    lane,
    decidedAt,
    revision,
    waiters,
  }: { campaign: string; lane: Lane; decidedAt: number; revision: number; waiters: NewWaiter[] },
): Promise<void> {
  await tx.query({
    name: 'waitlist.insert',
    text: `
      insert into reservations
        (campaign_id, lane, decided_at, waitlist_revision, id, queue_number, voucher_key, status, reason, waitlist, box, accepted_at,
         waitlist_place, choices, slot_ids)
      select $1, $2, $3, $4, new.id, new.number, decode(new.voucher_key, 'hex'), new.status, null, true, decode(new.box, 'base64'),
             new.accepted_at, new.place, new.choices, string_to_array(new.slots, ',')
        from unnest($5::uuid[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::bigint[], $12::jsonb[],
                    $13::text[])
          as new (id, number, voucher_key, status, box, accepted_at, place, choices, slots)`,
    values: [
      campaign,
      lane,
      new Date(decidedAt),
      revision,
      waiters.map(({ id }) => id),
      waiters.map(({ number }) => number),
      waiters.map(({ voucherKey }) => voucherKey),
      waiters.map(({ status }) => status),
      waiters.map(({ box }) => box),
      waiters.map(({ acceptedAt }) => new Date(acceptedAt).toISOString()),
      waiters.map(({ place }) => place),
      waiters.map(({ choices }) => choices && JSON.stringify(choices)),
      waiters.map(({ seats }) => joinSlotIds(seats)),
    ],
  })
}

/** Notes who left the line, or wants something else. Their status is written with that of all that changed. */
export async function updateLine(
  tx: Transaction,
  { revision, changed }: { revision: number; changed: { id: string; choices: Choice[] | null }[] },
): Promise<void> {
  await tx.query({
    name: 'waitlist.update',
    text: `
      update reservations
         set choices = changed.choices, waitlist_revision = $1
        from unnest($2::uuid[], $3::jsonb[]) as changed (id, choices)
       where reservations.id = changed.id`,
    values: [revision, changed.map(({ id }) => id), changed.map(({ choices }) => choices && JSON.stringify(choices))],
  })
}

/** The line has changed: other allocators read what did. */
export async function setLineRevision(tx: Transaction, campaign: string, revision: number): Promise<void> {
  await tx.query({
    name: 'waitlist.set_revision',
    text: 'update writers set waitlist_revision = $2 where campaign_id = $1',
    values: [campaign, revision],
  })
}

/** A line as everybody in it may know it. Instants in epoch ms. */
export type LineStats = {
  /** The places of all who wait, in order. */
  places: number[]
  /** How many were given a seat from the line in the time before `now`, in seconds: a day, or since the first joined. */
  given: number
  givenSeconds: number
  /** When the last slot begins. */
  lastStartsAt: number | null
  now: number
}

/** How a campaign's line stands, and how fast it moves. */
export async function readLineStats(db: Queryable, campaign: string): Promise<LineStats> {
  const { rows } = await db.query<LineStats>({
    name: 'waitlist.read_stats',
    text: `
      select coalesce(places, '[]') as places, given, coalesce(seconds, 0) as "givenSeconds", clock_timestamp() as now,
             (select max(starts_at) from slots where campaign_id = $1) as "lastStartsAt"
        from (select json_agg(waitlist_place order by waitlist_place) filter (where status = 'waitlisted') as places,
                     count(*) filter (where status = 'booked' and changed_at > clock_timestamp() - interval '1 day') as given,
                     least(86400, extract(epoch from clock_timestamp() - min(decided_at)))::float8 as seconds
                from reservations
               where campaign_id = $1 and waitlist_place is not null) line`,
    values: [campaign],
  })
  return rows[0]!
}

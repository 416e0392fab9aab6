import { type Batch, isCommand, maxBatchRequests } from '../domain/batch.ts'
import { requestsText } from '../domain/batch-text.ts'
import type { Lane } from '../domain/lane.ts'
import { commandColumns } from './commands.ts'
import { isUniqueViolation, NoSuchLane } from './errors.ts'
import type { Queryable, Transaction } from './pool.ts'

/** Where `pg_notify` says that a campaign has something to decide. */
export const batchesChannel = 'junban_batches'

export type LoggedBatch = { firstNumber: number; acceptedAt: number }

/**
 * Appends a batch to the log of its lane, which gives it its numbers: one statement bumps the lane's `accepted_number` and
 * inserts, so numbers are contiguous, commit in order, and are visible exactly when they exist. A batch that is there already
 * fails the whole statement (23505) and is read back.
 *
 * Commands are noted beside it, so that they can be seen while they wait; one that was logged before keeps its first note.
 *
 * `redisAway`: accepted with no look at the spool. `spooled`: drained from the spool. `wake`: tell allocators by `LISTEN`.
 */
export async function appendBatch(
  db: Queryable,
  batch: Batch,
  { redisAway = false, spooled = false, wake = false }: { redisAway?: boolean; spooled?: boolean; wake?: boolean },
): Promise<LoggedBatch> {
  const commands = commandColumns(batch.requests)
  try {
    const { rows } = await db.query<LoggedBatch>({
      name: commands ? 'batches.append_with_commands' : 'batches.append',
      text: `
        with numbered as (
          update lanes
             set accepted_number = accepted_number + $4
           where campaign_id = $2 and lane = $3
          returning accepted_number
        ), appended as (
          insert into batches (id, campaign_id, lane, first_number, last_number, received_at, redis_away, spooled, requests)
          select $1, $2, $3, accepted_number - $4 + 1, accepted_number, $5, $6, $7, $8
            from numbered
          returning first_number, accepted_at
        )${commands ? noteCommands : ''}
        select first_number as "firstNumber", accepted_at as "acceptedAt",
               case when $9 then pg_notify('${batchesChannel}', $2) end
          from appended`,
      values: [
        batch.id,
        batch.campaign,
        batch.lane,
        batch.requests.length,
        new Date(batch.receivedAt),
        redisAway,
        spooled,
        requestsText(batch),
        wake,
        ...(commands ?? []),
      ],
    })
    const logged = rows[0]
    if (!logged) throw new NoSuchLane(`campaign ${batch.campaign} has no lane ${batch.lane}: it is gone`)
    return logged
  } catch (err) {
    const earlier = isUniqueViolation(err, 'batches_pkey') ? await readBatch(db, batch.id) : null
    if (earlier) return earlier
    throw err
  }
}

const noteCommands = `, noted as (
          insert into commands (batch_id, request_id, reservation_id, kind)
          select $1, command.* from appended, unnest($10::uuid[], $11::uuid[], $12::text[]) as command
              on conflict (request_id) do nothing
        )`

/**
 * Appends spooled batches of one lane in this order, all or none, but for those that the log holds already. One drains a lane at a
 * time (an advisory lock): false when that is another. The lane's row is locked first, so nobody appends one of them meanwhile.
 */
export async function appendMissing(tx: Transaction, batches: Batch[]): Promise<boolean> {
  const [first] = batches
  if (!first) return true
  const { rows } = await tx.query<{ mine: boolean }>({
    name: 'batches.try_drain',
    text: 'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as mine',
    values: [`junban/drain/${first.campaign}/${first.lane}`],
  })
  if (!rows[0]!.mine) return false
  await tx.query({
    name: 'batches.lock_lane',
    text: 'select from lanes where campaign_id = $1 and lane = $2 for no key update',
    values: [first.campaign, first.lane],
  })
  const logged = await readBatches(
    tx,
    batches.map(({ id }) => id),
  )
  const missing = batches.filter(({ id }) => !logged.has(id))
  if (missing.length > 0) await appendSpooled(tx, first, missing)
  return true
}

/**
 * What `appendBatch` does, for many spooled batches of one lane, in their order: one by one, fifty took as many round trips, and a spool
 * that fills at a hundred a second was drained hardly faster.
 */
async function appendSpooled(tx: Transaction, { campaign, lane }: Batch, batches: Batch[]): Promise<void> {
  const commands = batches.flatMap(({ id, requests }) =>
    requests.filter(isCommand).map((command) => ({ batchId: id, ...command })),
  )
  const { rowCount } = await tx.query({
    name: 'batches.append_spooled',
    text: `
      with given as (
        select id, received_at, requests, size, sum(size) over (order by place) as upto, sum(size) over () as total, place
          from unnest($3::uuid[], $4::timestamptz[], $5::text[], $6::int[]) with ordinality
               as one (id, received_at, requests, size, place)
      ), numbered as (
        update lanes
           set accepted_number = accepted_number + (select sum(size) from given)
         where campaign_id = $1 and lane = $2
        returning accepted_number
      ), appended as (
        insert into batches (id, campaign_id, lane, first_number, last_number, received_at, redis_away, spooled, requests)
        select id, $1, $2, accepted_number - total + upto - size + 1, accepted_number - total + upto, received_at, false, true, requests
          from numbered, given
         order by place
        returning id
      ), noted as (
        insert into commands (batch_id, request_id, reservation_id, kind)
        select command.* from numbered, unnest($7::uuid[], $8::uuid[], $9::uuid[], $10::text[]) as command
            on conflict (request_id) do nothing
      )
      select id, pg_notify('${batchesChannel}', $1) from appended`,
    values: [
      campaign,
      lane,
      batches.map(({ id }) => id),
      batches.map(({ receivedAt }) => new Date(receivedAt)),
      batches.map(requestsText),
      batches.map(({ requests }) => requests.length),
      commands.map(({ batchId }) => batchId),
      commands.map(({ id }) => id),
      commands.map(({ reservationId }) => reservationId),
      commands.map(({ kind }) => kind),
    ],
  })
  if (rowCount !== batches.length) throw new NoSuchLane(`campaign ${campaign} has no lane ${lane}: it is gone`)
}

/**
 * Marks batches that came from the spool as `late` if the log holds, before them, one that was accepted after them while Redis was
 * away. A statement of its own, after they were logged, so that it sees all that was logged before; asked again it does nothing.
 */
export async function markPassed(db: Queryable, ids: string[]): Promise<void> {
  await db.query({
    name: 'batches.mark_passed',
    text: `
      update batches
         set late = true
       where id = any($1) and not late
         and exists (select from batches passing
                      where passing.campaign_id = batches.campaign_id and passing.lane = batches.lane and passing.redis_away
                        and passing.last_number < batches.first_number and passing.accepted_at > batches.received_at)`,
    values: [ids],
  })
}

/** What the log says of a batch; null when it does not hold it. `decided`: the serving number has passed its last. */
export async function readBatch(db: Queryable, id: string): Promise<(LoggedBatch & { decided: boolean }) | null> {
  return (await readBatches(db, [id])).get(id) ?? null
}

/** Many of them at once, by id. */
export async function readBatches(
  db: Queryable,
  ids: string[],
): Promise<Map<string, LoggedBatch & { lane: Lane; decided: boolean }>> {
  const { rows } = await db.query<LoggedBatch & { id: string; lane: Lane; decided: boolean }>({
    name: 'batches.read_many',
    text: `
      select id, lane, first_number as "firstNumber", accepted_at as "acceptedAt", last_number <= serving_number as decided
        from batches join lane_progress using (campaign_id, lane)
       where id = any($1)`,
    values: [ids],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

export type WaitingBatch = {
  id: string
  firstNumber: number
  lastNumber: number
  receivedAt: number
  acceptedAt: number
  requests: string
}

/**
 * The log of a lane after a number, in order: the batch that holds the next number first. Batches that begin within the next
 * `span` numbers, at most `limit` of them. Where they can end is said too: the index goes by it, and would be read to the end of the log.
 */
export async function readBatchesAfter(
  tx: Transaction,
  campaign: string,
  lane: Lane,
  servingNumber: number,
  span: number,
  limit: number,
): Promise<WaitingBatch[]> {
  const { rows } = await tx.query<WaitingBatch>({
    name: 'batches.read_after',
    text: `
      select id, first_number as "firstNumber", last_number as "lastNumber", received_at as "receivedAt",
             accepted_at as "acceptedAt", requests
        from batches
       where campaign_id = $1 and lane = $2 and first_number <= $3::bigint + $4::int
         and last_number > $3::bigint and last_number < $3::bigint + $4::int + ${maxBatchRequests}
       order by last_number
       limit $5`,
    values: [campaign, lane, servingNumber, span, limit],
  })
  return rows
}

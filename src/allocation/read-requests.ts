import { randomUUID } from 'node:crypto'
import { maxBatchRequests, QueuedRequests } from '../domain/batch.ts'
import type { NumberedRequest, NumberedSlotsRequest } from '../domain/decision.ts'
import { Uuid } from '../domain/ids.ts'
import type { Lane } from '../domain/lane.ts'
import { readBatchesAfter, type WaitingBatch } from '../postgres/batches.ts'
import type { Transaction } from '../postgres/pool.ts'

/** Most batches looked at for one transaction: on a quiet day a batch holds one request. */
const maxBatches = 100

type LoggedRequest = NumberedRequest | NumberedSlotsRequest

/**
 * Requests of a lane that were read from the log before their turn, by number. What the log holds never changes; a database that was
 * restored may hold another log, but in another session.
 */
export type Ahead = { session: number; lane: Lane; requests: LoggedRequest[] }

/** A lane as it stands, and how many of its requests are wanted. */
type Wanted = { campaign: string; lane: Lane; servingNumber: number; acceptedNumber: number; limit: number }

/**
 * The next requests of a lane's log, by number, at most `limit`. A change of slots is alone: `slots`. `ahead`: what was read already; of
 * the answer, what comes after them.
 */
export async function readRequests(
  tx: Transaction,
  { ahead, ...wanted }: Wanted & { ahead: Ahead | undefined },
): Promise<{ requests: NumberedRequest[]; slots: NumberedSlotsRequest | null; ahead: Ahead }> {
  const { lane, servingNumber, limit } = wanted
  const session = tx.processID
  const isNext = ahead?.session === session && ahead.lane === lane && ahead.requests[0]?.number === servingNumber + 1
  const known = isNext ? ahead.requests : []
  const all = [...known, ...(await readBatches(tx, wanted, known)).flatMap(requestsOf)].filter(
    ({ number }) => number > servingNumber,
  )
  const [first] = all
  if (first?.kind === 'slots') return { requests: [], slots: first, ahead: { session, lane, requests: all.slice(1) } }
  const slotsAt = all.findIndex(({ kind }) => kind === 'slots')
  const count = Math.min(limit, slotsAt < 0 ? all.length : slotsAt)
  const requests = all.slice(0, count) as NumberedRequest[]
  return { requests, slots: null, ahead: { session, lane, requests: all.slice(count) } }
}

/**
 * Reads on for the next transaction. Beside what is asked of Postgres meanwhile it takes no time of its own. What cannot be read is left
 * for its turn.
 */
export async function readAhead(tx: Transaction, { ahead, ...wanted }: Wanted & { ahead: Ahead }): Promise<Ahead> {
  const batches = await readBatches(tx, wanted, ahead.requests)
  try {
    return { ...ahead, requests: [...ahead.requests, ...batches.flatMap(requestsOf)] }
  } catch {
    return ahead
  }
}

/** Batches with requests that come after the known ones; none when enough are known, or there are no others. */
async function readBatches(
  tx: Transaction,
  { campaign, lane, servingNumber, acceptedNumber, limit }: Wanted,
  known: LoggedRequest[],
): Promise<WaitingBatch[]> {
  const after = known.at(-1)?.number ?? servingNumber
  if (known.length >= limit || after >= acceptedNumber) return []
  return readBatchesAfter(tx, campaign, lane, after, limit, Math.min(maxBatches, limit))
}

function requestsOf({ id: batchId, firstNumber, receivedAt, acceptedAt, requests }: WaitingBatch): LoggedRequest[] {
  return QueuedRequests.parse(JSON.parse(requests)).map((request, place) =>
    Object.assign(request, { number: firstNumber + place, place, batchId, receivedAt, acceptedAt }),
  )
}

/** The next request of a lane as it stands in the log, unread: to be set aside, perhaps because it cannot be read. */
export async function readRawRequest(
  tx: Transaction,
  { campaign, lane, servingNumber }: { campaign: string; lane: Lane; servingNumber: number },
): Promise<{ requestId: string; number: number; batchId: string; place: number }> {
  const [batch] = await readBatchesAfter(tx, campaign, lane, servingNumber, maxBatchRequests, 1)
  if (!batch) throw new Error(`bug: the log of ${campaign}/${lane} holds nothing after ${servingNumber}`)
  const number = Math.max(servingNumber + 1, batch.firstNumber)
  const place = number - batch.firstNumber
  return { requestId: idAt(batch.requests, place) ?? randomUUID(), number, batchId: batch.id, place }
}

function idAt(requests: string, place: number): string | undefined {
  try {
    return Uuid.safeParse(JSON.parse(requests)[place]?.id).data
  } catch {
    return undefined
  }
}

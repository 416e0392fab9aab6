import { randomUUID } from 'node:crypto'
import { maxBatchRequests, QueuedRequests } from '../domain/batch.ts'
import type { NumberedRequest, NumberedSlotsRequest } from '../domain/decision.ts'
import { Uuid } from '../domain/ids.ts'
import type { Lane } from '../domain/lane.ts'
import { readBatchesAfter } from '../postgres/batches.ts'
import type { Transaction } from '../postgres/pool.ts'

/** Most batches looked at for one transaction: on a quiet day a batch holds one request. */
const maxBatches = 100

/**
 * The next requests of a lane's log, by number, at most `limit`: whole batches, or a part of one that is larger than that. A change of
 * slots is alone: `slots`.
 */
export async function readRequests(
  tx: Transaction,
  { campaign, lane, servingNumber, limit }: { campaign: string; lane: Lane; servingNumber: number; limit: number },
): Promise<{ requests: NumberedRequest[]; slots: NumberedSlotsRequest | null }> {
  const requests: NumberedRequest[] = []
  const done = () => ({ requests, slots: null })
  const maxRead = Math.min(maxBatches, limit)
  for (const batch of await readBatchesAfter(tx, campaign, lane, servingNumber, maxBatchRequests, maxRead)) {
    const left = batch.lastNumber - Math.max(servingNumber, batch.firstNumber - 1)
    if (requests.length > 0 && requests.length + left > limit) return done()
    const parsed = QueuedRequests.parse(JSON.parse(batch.requests))
    for (const [place, request] of parsed.entries()) {
      const number = batch.firstNumber + place
      if (number <= servingNumber) continue
      if (requests.length === limit) return done()
      const { id: batchId, receivedAt, acceptedAt } = batch
      const where = { number, place, batchId, receivedAt, acceptedAt }
      if (request.kind !== 'slots') requests.push({ ...request, ...where })
      else return requests.length > 0 ? done() : { requests, slots: { ...request, ...where } }
    }
  }
  return done()
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

import { randomUUID } from 'node:crypto'
import { maxBatchRequests, QueuedRequests } from '../domain/batch.ts'
import type { NumberedRequest } from '../domain/decision.ts'
import { Uuid } from '../domain/ids.ts'
import type { Lane } from '../domain/lane.ts'
import { readBatchesAfter } from '../postgres/batches.ts'
import type { Transaction } from '../postgres/pool.ts'

/** Most batches looked at for one transaction: on a quiet day a batch holds one request. */
const maxBatches = 100

/** The next requests of a lane's log, by number, at most `limit`: whole batches, or a part of one that is larger than that. */
export async function readRequests(
  tx: Transaction,
  { campaign, lane, servingNumber, limit }: { campaign: string; lane: Lane; servingNumber: number; limit: number },
): Promise<NumberedRequest[]> {
  const requests: NumberedRequest[] = []
  const maxRead = Math.min(maxBatches, limit)
  for (const batch of await readBatchesAfter(tx, campaign, lane, servingNumber, maxBatchRequests, maxRead)) {
    const left = batch.lastNumber - Math.max(servingNumber, batch.firstNumber - 1)
    if (requests.length > 0 && requests.length + left > limit) return requests
    const parsed = QueuedRequests.parse(JSON.parse(batch.requests))
    for (const [place, request] of parsed.entries()) {
      const number = batch.firstNumber + place
      if (number <= servingNumber) continue
      if (requests.length === limit) return requests
      requests.push({
        ...request,
        number,
        place,
        batchId: batch.id,
        receivedAt: batch.receivedAt,
        acceptedAt: batch.acceptedAt,
      })
    }
  }
  return requests
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

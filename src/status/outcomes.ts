import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { Decision, NumberedBooking } from '../domain/decision.ts'
import { DecidedStatus, Reason } from '../domain/reservation.ts'

/** An outcome is asked for when it is fresh; after this many seconds Postgres answers. */
const outcomeSeconds = 900

/** What became of a request, as Redis keeps it for a while. Nothing personal. Instants in epoch ms. */
export const Outcome = z.object({
  id: z.string(),
  status: DecidedStatus,
  reason: Reason.nullable(),
  queueNumber: z.number(),
  acceptedAt: z.number(),
  decidedAt: z.number(),
  appointments: z.array(z.object({ dose: z.number(), slotId: z.string() })),
})
export type Outcome = z.infer<typeof Outcome>

// One hash per batch, one field per place: a receipt names both, and 500 outcomes are one command.
const outcomesKey = (batchId: string) => `junban:outcomes:${batchId}`

/** Keeps fresh outcomes in Redis, where a status storm meets them, and while Postgres is away. */
export async function rememberOutcomes(
  redis: Redis,
  decidedAt: number,
  decisions: { request: NumberedBooking; decision: Decision }[],
): Promise<void> {
  const pipeline = redis.pipeline()
  for (const [batchId, ofBatch] of Map.groupBy(decisions, ({ request }) => request.batchId)) {
    const fields = ofBatch.flatMap(({ request, decision }) => {
      const outcome: Outcome = {
        id: request.id,
        status: decision.status,
        reason: decision.reason,
        queueNumber: request.number,
        acceptedAt: request.acceptedAt,
        decidedAt,
        appointments: decision.seats,
      }
      return [String(request.place), JSON.stringify(outcome)]
    })
    pipeline.hset(outcomesKey(batchId), ...fields).expire(outcomesKey(batchId), outcomeSeconds)
  }
  await pipeline.exec()
}

// A hash beside it, and not the outcome taken away: that may be written later, by another process.
const changedKey = (batchId: string) => `junban:changed:${batchId}`

/** Notes that outcomes do not stand any more: they are asked of Postgres alone from now on. */
export async function forgetOutcomes(redis: Redis, places: { batchId: string; place: number }[]): Promise<void> {
  const pipeline = redis.pipeline()
  for (const { batchId, place } of places)
    pipeline.hset(changedKey(batchId), String(place), '1').expire(changedKey(batchId), outcomeSeconds * 2)
  await pipeline.exec()
}

/** A fresh outcome that stands, or null when Redis does not know one. */
export async function recallOutcome(redis: Redis, batchId: string, place: number): Promise<Outcome | null> {
  const [changed, text] = await Promise.all([
    redis.hexists(changedKey(batchId), String(place)),
    redis.hget(outcomesKey(batchId), String(place)),
  ])
  return changed || text === null ? null : Outcome.parse(JSON.parse(text))
}

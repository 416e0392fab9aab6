import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { Decision, NumberedBooking, Seat } from '../domain/decision.ts'
import { DecidedStatus, Reason } from '../domain/reservation.ts'

/** An outcome is asked for when it is fresh; after this many seconds Postgres answers. */
const outcomeSeconds = 900

/** What became of a request. Nothing personal. Instants in epoch ms. */
export type Outcome = {
  id: string
  status: DecidedStatus
  reason: Reason | null
  appointments: Seat[]
  queueNumber: number
  acceptedAt: number
  decidedAt: number
}

/** The slots are those of the doses, the first dose's first. */
const Kept = z.tuple([
  z.int().describe('place'),
  z.string().describe('id'),
  DecidedStatus,
  Reason.nullable(),
  z.array(z.string()).describe('slot ids'),
])

/** What is common to the outcomes of a field is said once. */
const Field = z.tuple([
  z.number().describe('first number of the batch'),
  z.number().describe('accepted at'),
  z.number().describe('decided at'),
  z.array(Kept),
])

// One hash per batch: a receipt names batch and place, and 500 outcomes are one command.
const outcomesKey = (batchId: string) => `junban:outcomes:${batchId}`

/**
 * So many places, from one of its multiples on, share a field of the hash, named after the first of them that is in it: a transaction may
 * end between them. They are written all day, and read only while Postgres is away.
 */
const placesPerField = 16
const startOf = (place: number) => place - (place % placesPerField)

/** Keeps fresh outcomes in Redis for the time when Postgres is away. `decisions` are in the order of their numbers. */
export async function rememberOutcomes(
  redis: Redis,
  decidedAt: number,
  decisions: { request: NumberedBooking; decision: Decision }[],
): Promise<void> {
  const pipeline = redis.pipeline()
  for (const [batchId, ofBatch] of Map.groupBy(decisions, ({ request }) => request.batchId)) {
    const fields = [...Map.groupBy(ofBatch, ({ request }) => startOf(request.place)).values()].flatMap((together) => {
      const { place, number, acceptedAt } = together[0]!.request
      const outcomes = together.map(
        ({ request, decision: { status, reason, seats } }): z.infer<typeof Kept> => [
          request.place,
          request.id,
          status,
          reason,
          seats.map(({ slotId }) => slotId),
        ],
      )
      const field: z.infer<typeof Field> = [number - place, acceptedAt, decidedAt, outcomes]
      return [String(place), JSON.stringify(field)]
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
  const start = startOf(place)
  const names = Array.from({ length: place - start + 1 }, (_, after) => String(start + after))
  const [changed, texts] = await Promise.all([
    redis.hexists(changedKey(batchId), String(place)),
    redis.hmget(outcomesKey(batchId), ...names),
  ])
  // It is in the field that begins last before it, if in any.
  const text = texts.findLast((one) => one !== null)
  if (changed || !text) return null
  const [firstNumber, acceptedAt, decidedAt, outcomes] = Field.parse(JSON.parse(text))
  const kept = outcomes.find(([at]) => at === place)
  if (!kept) return null
  const [, id, status, reason, slotIds] = kept
  const appointments = slotIds.map((slotId, at) => ({ dose: at + 1, slotId }))
  return { id, status, reason, appointments, queueNumber: firstNumber + place, acceptedAt, decidedAt }
}

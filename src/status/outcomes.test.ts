import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { beforeAll, expect, test } from 'vitest'
import { ask } from '../../test/setup/deciding.ts'
import { freshRedis } from '../../test/setup/stores.ts'
import type { Decision } from '../domain/decision.ts'
import { forgetOutcomes, type Outcome, recallOutcome, rememberOutcomes } from './outcomes.ts'

let redis: Redis

beforeAll(async () => {
  redis = new Redis((await freshRedis()).url)
  return () => redis.disconnect()
})

const acceptedAt = 1_780_000_000_000
const firstNumber = 41

/** One request of a batch and what became of it, and how Redis is to tell it. */
function decided({ batchId, place, booked, decidedAt }: Pick<Outcome, 'decidedAt'> & Made) {
  const number = firstNumber + place
  const request = { ...ask([]), batchId, place, number, receivedAt: acceptedAt, acceptedAt }
  const decision: Decision = booked
    ? { status: 'booked', reason: null, seats: [{ dose: 1, slotId: `slot of ${place}` }] }
    : { status: 'rejected', reason: 'sold-out', seats: [] }
  const { status, reason, seats: appointments } = decision
  const outcome = { id: request.id, status, reason, appointments, queueNumber: number, acceptedAt, decidedAt }
  return { request, decision, outcome }
}
type Made = { batchId: string; place: number; booked: boolean }

test('however a batch was divided over transactions, and whoever in it has no outcome, Redis tells what became of each', async () => {
  const places = fc.uniqueArray(fc.record({ place: fc.nat(499), booked: fc.boolean(), transaction: fc.nat(3) }), {
    selector: ({ place }) => place,
    maxLength: 60,
  })
  await fc.assert(
    fc.asyncProperty(places, fc.nat(499), async (made, another) => {
      const batchId = randomUUID()
      const inOrder = made.toSorted((a, b) => a.place - b.place)
      // A later transaction decides later numbers.
      const transactions = inOrder.map(({ transaction }) => transaction).sort()
      const all = inOrder.map(({ place, booked }, at) => ({
        transaction: transactions[at]!,
        ...decided({ batchId, place, booked, decidedAt: acceptedAt + transactions[at]! }),
      }))
      for (const together of Map.groupBy(all, ({ transaction }) => transaction).values())
        await rememberOutcomes(redis, together[0]!.outcome.decidedAt, together)
      const told = await Promise.all(inOrder.map(({ place }) => recallOutcome(redis, batchId, place)))
      expect(told).toEqual(all.map(({ outcome }) => outcome))
      if (!made.some(({ place }) => place === another)) expect(await recallOutcome(redis, batchId, another)).toBeNull()
    }),
    { numRuns: 60 },
  )
})

test('an outcome that does not stand any more is not told; its neighbours are', async () => {
  const batchId = randomUUID()
  const all = [3, 4].map((place) => decided({ batchId, place, booked: true, decidedAt: acceptedAt }))
  await rememberOutcomes(redis, acceptedAt, all)
  await forgetOutcomes(redis, [{ batchId, place: 4 }])
  expect(await recallOutcome(redis, batchId, 4)).toBeNull()
  expect(await recallOutcome(redis, batchId, 3)).toEqual(all[0]!.outcome)
})

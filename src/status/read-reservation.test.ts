import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { ask } from '../../test/setup/deciding.ts'
import { testLog } from '../../test/setup/operator-database.ts'
import { freshDatabase, freshRedis } from '../../test/setup/stores.ts'
import { createPool } from '../postgres/pool.ts'
import type { Receipt } from '../privacy/receipts.ts'
import { recallOutcome, rememberOutcomes } from './outcomes.ts'
import { createReadReservation } from './read-reservation.ts'

test('while Postgres is away an outcome is told to whose it is, and to no other receipt that names its place', async () => {
  const redis = new Redis((await freshRedis()).url)
  onTestFinished(() => redis.disconnect())
  const pool = createPool({ url: (await freshDatabase()).url, role: 'junban_api', name: 'test', log: testLog })
  onTestFinished(() => pool.end())
  const read = createReadReservation({
    pool,
    askPostgres: () => Promise.reject(new Error('away')),
    fresh: {
      outcome: (batchId, place) => recallOutcome(redis, batchId, place),
      command: async () => null,
      isSpooled: async () => false,
      isSpooling: () => false,
    },
  })
  const [batchId, place, now] = [randomUUID(), 3, Date.now()]
  const request = { ...ask([]), batchId, place, number: 41, receivedAt: now, acceptedAt: now }
  const seats = [{ dose: 1, slotId: 'hall-1' }]
  await rememberOutcomes(redis, now, [{ request, decision: { status: 'booked', reason: null, seats } }])

  const receiptOf = (reservationId: string): Receipt => ({
    reservationId,
    campaign: 'medics',
    lane: 'web',
    batchId,
    place,
    expiresAt: now,
  })
  expect(await read(receiptOf(request.id))).toMatchObject({ id: request.id, status: 'booked', appointments: seats })
  await expect(read(receiptOf(randomUUID()))).rejects.toMatchObject({ type: 'outcome-unavailable' })
})

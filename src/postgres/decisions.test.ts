import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { operatorDatabase, testLog } from '../../test/setup/operator-database.ts'
import { insertDecisions } from './decisions.ts'
import { createPool, type Transaction } from './pool.ts'
import { insertDecidedBookings } from './reservations.ts'
import { transaction } from './transaction.ts'

const lane = 'web'
const decidedAt = Date.parse('2026-12-05T00:00Z')

/** What deciders of the same campaign write, each in a transaction of its own. */
async function deciders() {
  const { url, read } = await operatorDatabase()
  const pool = createPool({ url, role: 'junban_allocator', name: 'test', log: testLog })
  onTestFinished(() => pool.end())
  const write = (work: (tx: Transaction) => Promise<void>) => transaction(pool, work)
  return {
    read,
    book: (id: string, number: number) =>
      write((tx) => {
        const voucherKey = number.toString(16).padStart(32, '0')
        const request = { id, number, voucherKey, waitlist: false, notify: true, box: '', acceptedAt: decidedAt }
        const booking = { request, outcome: 'booked', reason: null, status: 'booked', seats: [] } as const
        return insertDecidedBookings(tx, { campaign: 'medics', lane, decidedAt, bookings: [booking] })
      }),
    decide: (kind: 'book' | 'cancel' | 'slots', requestId: string, number: number, reservationId: string | null) =>
      write((tx) => {
        const outcome = kind === 'book' ? 'booked' : 'done'
        const decisions = [{ requestId, reservationId, number, kind, outcome, reason: null }]
        return insertDecisions(tx, { campaign: 'medics', lane, decidedAt, decisions })
      }),
  }
}

const refusedBy = (constraint: string) => expect.objectContaining({ constraint })

test('what would decide a booking a second time, under another number, is refused whole', async () => {
  const { read, book } = await deciders()
  const id = randomUUID()
  await book(id, 1)
  await expect(book(id, 2)).rejects.toEqual(refusedBy('reservations_pkey'))
  expect(await read('select number::int from decisions')).toEqual([{ number: 1 }])
  expect(await read('select event from outbox')).toEqual([{ event: 'booked' }])
})

test.each(['cancel', 'slots'] as const)('%s is decided once', async (kind) => {
  const { read, decide } = await deciders()
  const [id, reservationId] = [randomUUID(), kind === 'cancel' ? randomUUID() : null]
  await decide(kind, id, 1, reservationId)
  await expect(decide(kind, id, 2, reservationId)).rejects.toEqual(refusedBy('decisions_once_besides_bookings'))
  expect(await read('select number::int from decisions')).toEqual([{ number: 1 }])
})

test('a booking has no other id than its reservation', async () => {
  const { decide } = await deciders()
  const refused = decide('book', randomUUID(), 1, randomUUID())
  await expect(refused).rejects.toEqual(refusedBy('decisions_of_a_booking_by_its_id'))
})

test('a number is decided once', async () => {
  const { book, decide } = await deciders()
  await book(randomUUID(), 1)
  await expect(decide('cancel', randomUUID(), 1, randomUUID())).rejects.toEqual(refusedBy('decisions_numbered_once'))
})

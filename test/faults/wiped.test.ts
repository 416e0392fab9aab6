import { expect, test } from 'vitest'
import { isWiped } from './wiped.ts'

const told = (queueNumber: number | null) => ({
  n: 1,
  id: 'c',
  reservationId: 'r',
  receipt: null,
  queueNumber,
  sentAt: 100,
  acceptedAt: 110,
})
const isLost = (queueNumber: number | null, wipedAt: number[], loggedAt?: number) =>
  isWiped(told(queueNumber), { wipedAt, loggedAt })

test('lost is what the spool alone held when it was wiped', () => {
  expect(isLost(null, [200])).toBe(true)
  expect(isLost(null, [])).toBe(false)
  expect(isLost(null, [99])).toBe(false)
  expect(isLost(7, [200])).toBe(false)
})

test('what was logged after all is not lost', () => {
  expect(isLost(null, [200], 105)).toBe(false)
})

test('a command that another asked for again, after the wipe, is lost where it was told first', () => {
  expect(isLost(null, [200], 250)).toBe(true)
})

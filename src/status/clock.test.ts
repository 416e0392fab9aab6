import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createClock } from './clock.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.parse('2026-12-01T00:00:00Z') })
})
afterEach(() => {
  vi.useRealTimers()
})
const day = 86_400_000

test('it runs with the monotonic clock', () => {
  const clock = createClock()
  const start = clock.now()
  vi.advanceTimersByTime(1_500)
  expect(clock.now() - start).toBe(1_500)
})

test('a wall clock that is stepped, either way, changes nothing', () => {
  const clock = createClock()
  clock.set(Date.parse('2026-12-01T00:00:00Z'), performance.now())
  for (const step of [day, -2 * day]) {
    vi.setSystemTime(Date.now() + step)
    expect(clock.now()).toBe(Date.parse('2026-12-01T00:00:00Z'))
  }
  vi.advanceTimersByTime(250)
  expect(clock.now()).toBe(Date.parse('2026-12-01T00:00:00.250Z'))
})

test('before the database was asked it is the wall clock of the start, afterwards the database’s, however far these differ', () => {
  const clock = createClock()
  expect(clock.now()).toBe(Date.now())
  const inDatabase = Date.now() - 3 * day
  clock.set(inDatabase, performance.now())
  expect(clock.now()).toBe(inDatabase)
})

test('half of the time that the answer took is added: it was read somewhere between', () => {
  const clock = createClock()
  const askedAt = performance.now()
  vi.advanceTimersByTime(100)
  clock.set(Date.parse('2026-12-01T00:00:05Z'), askedAt)
  expect(clock.now()).toBe(Date.parse('2026-12-01T00:00:05.050Z'))
})

import { expect, onTestFinished, test, vi } from 'vitest'
import { testLog } from '../../test/setup/operator-database.ts'
import { LateAnswer } from './bounded.ts'
import { createBreaker, onlyStoreBoundMs, StoreAway, storeBoundMs } from './breaker.ts'

/** By the global clock, which a test can put forward: that of `timers/promises` stays real. */
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** A breaker before a store that the test makes answer, fail or hang. */
function breakerOf(options: { isFailure?: (err: unknown) => boolean; isOnly?: () => boolean } = {}) {
  const store = { answer: async (): Promise<string> => 'well', probes: 0, probing: 0, mostProbing: 0 }
  const breaker = createBreaker({
    store: 'redis',
    probe: () => {
      store.probes += 1
      store.probing += 1
      store.mostProbing = Math.max(store.mostProbing, store.probing)
      return store.answer().finally(() => {
        store.probing -= 1
      })
    },
    ...options,
    log: testLog,
  })
  onTestFinished(() => breaker.close())
  return { store, breaker, ask: (boundMs?: number) => breaker.run(store.answer, boundMs) }
}

const failing = async (): Promise<string> => {
  throw new Error('refused')
}
const hanging = () => new Promise<string>(() => {})

test('one failure is passed on; after two in a row the store is no longer asked', async () => {
  const { store, breaker, ask } = breakerOf()
  store.answer = failing
  await expect(ask()).rejects.toThrow('refused')
  expect(breaker.isOpen()).toBe(false)
  await expect(ask()).rejects.toThrow('refused')
  expect(breaker.isOpen()).toBe(true)
  let asked = false
  await expect(breaker.run(async () => (asked = true))).rejects.toThrow(StoreAway)
  expect(asked).toBe(false)
})

test('two failures with a success between them do not open it', async () => {
  const { store, breaker, ask } = breakerOf()
  store.answer = failing
  await ask().catch(() => {})
  store.answer = async () => 'well'
  await expect(ask()).resolves.toBe('well')
  store.answer = failing
  await ask().catch(() => {})
  expect(breaker.isOpen()).toBe(false)
})

test('a store that hangs is waited for as long as the bound and counts as failed', async () => {
  const { store, breaker, ask } = breakerOf()
  store.answer = hanging
  const start = performance.now()
  await expect(ask(20)).rejects.toThrow(LateAnswer)
  await expect(ask(20)).rejects.toThrow(LateAnswer)
  expect(performance.now() - start).toBeLessThan(1_000)
  expect(breaker.isOpen()).toBe(true)
})

test('those that were waited for together are one failure: a store that stood still once is asked again', async () => {
  const { store, breaker, ask } = breakerOf()
  store.answer = hanging
  const answers = await Promise.allSettled([ask(20), ask(30), ask(40)])
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(breaker.isOpen()).toBe(false)
  await expect(ask(20)).rejects.toThrow(LateAnswer)
  expect(breaker.isOpen()).toBe(true)
})

test('an error that says nothing of the store opens nothing', async () => {
  const { store, breaker, ask } = breakerOf({ isFailure: () => false })
  store.answer = failing
  for (let times = 0; times < 5; times += 1) await expect(ask()).rejects.toThrow('refused')
  expect(breaker.isOpen()).toBe(false)
})

test('while open the store is probed by one at a time, and asked again once a probe is answered well', async () => {
  const { store, breaker, ask } = breakerOf()
  store.answer = failing
  for (let times = 0; times < 2; times += 1) await Promise.allSettled(Array.from({ length: 20 }, () => ask()))
  // 20 failures at once start one row of probes, not twenty: those would meet, for each takes a while to fail.
  store.answer = () => sleep(200).then(failing)
  await vi.waitFor(() => expect(store.probes).toBeGreaterThanOrEqual(3), { timeout: 10_000 })
  expect(breaker.isOpen()).toBe(true)
  expect(store.mostProbing).toBe(1)
  store.answer = async () => 'well'
  await vi.waitFor(() => expect(breaker.isOpen()).toBe(false), { timeout: 5_000 })
  await expect(ask()).resolves.toBe('well')
  // One failure after its return does not open it again.
  store.answer = failing
  await ask().catch(() => {})
  expect(breaker.isOpen()).toBe(false)
})

test('a probe that hangs does not end the probing', async () => {
  const { store, breaker } = breakerOf()
  store.answer = hanging
  breaker.trip(new Error('connection broke'))
  await vi.waitFor(() => expect(store.probes).toBe(1), { timeout: 5_000 })
  store.answer = async () => 'well'
  await vi.waitFor(() => expect(breaker.isOpen()).toBe(false), { timeout: 5_000 })
})

test('tripped, it is open at once, though nothing was asked', async () => {
  const { store, breaker, ask } = breakerOf()
  store.answer = failing
  breaker.trip(new Error('connection broke'))
  expect(breaker.isOpen()).toBe(true)
  await expect(ask()).rejects.toThrow(StoreAway)
})

test('told that the store can be reached again, it probes at once and not after its pause', async () => {
  const { store, breaker } = breakerOf()
  breaker.trip(new Error('connection broke'))
  breaker.probeSoon()
  // Sooner than any pause is over.
  await new Promise((resolve) => setImmediate(resolve))
  expect(store.probes).toBe(1)
  expect(breaker.isOpen()).toBe(false)
})

test('a store beside which the other is away is waited for longer, and its probe too', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  let isOnly = false
  const { store, breaker, ask } = breakerOf({ isOnly: () => isOnly })
  store.answer = () => sleep(onlyStoreBoundMs - 50).then(() => 'slow')
  for (let times = 0; times < 2; times += 1) {
    const impatient = expect(ask()).rejects.toThrow(LateAnswer)
    await vi.advanceTimersByTimeAsync(storeBoundMs)
    await impatient
  }
  await vi.advanceTimersByTimeAsync(20 * storeBoundMs)
  expect(store.probes).toBeGreaterThan(5)
  expect(breaker.isOpen()).toBe(true)
  isOnly = true
  // The probe under way, its pause, and one more.
  await vi.advanceTimersByTimeAsync(5 * storeBoundMs)
  expect(breaker.isOpen()).toBe(false)
  const patient = ask()
  await vi.advanceTimersByTimeAsync(onlyStoreBoundMs)
  expect(await patient).toBe('slow')
})

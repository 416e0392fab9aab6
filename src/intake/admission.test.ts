import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createAdmission } from './admission.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function open({
  isOverloaded = (): boolean => false,
  waitSeconds = (): number | null => 0,
  busy = (): number => 0.5,
} = {}) {
  return createAdmission({ isOverloaded, waitSeconds, busy })
}

/** Lets so many in, who stay until they are let go. */
function letIn(admission: ReturnType<typeof open>, count: number) {
  const leave: (() => void)[] = []
  const left = Array.from({ length: count }, () => {
    admission.check('medics', 'web')
    return admission.run(() => new Promise<void>((done) => leave.push(done)))
  })
  return async () => {
    for (const one of leave) one()
    await Promise.all(left)
  }
}

const refusal = expect.objectContaining({ type: 'unavailable' })

test('a full batch has a place at any rate, and not one more; who leaves makes room', async () => {
  const admission = open()
  const letGo = letIn(admission, 512)
  expect(() => admission.check('medics', 'web')).toThrow(refusal)
  expect(admission.turnsAway()).toBe(true)
  expect(admission.isShedding()).toBe(true)
  await letGo()
  expect(() => admission.check('medics', 'web')).not.toThrow()
  expect(admission.turnsAway()).toBe(false)
})

test('an agent has a place when the web lane has none', () => {
  const admission = open()
  letIn(admission, 512)
  for (let calls = 0; calls < 200; calls += 1) {
    admission.check('medics', 'agent')
    void admission.run(() => new Promise(() => {}))
  }
  expect(() => admission.check('medics', 'agent')).toThrow(refusal)
})

test('more have a place when more are answered: as many as are accepted in 40 ms', async () => {
  const admission = open()
  // 30,000 a second, for long enough that the smoothed rate is there.
  for (let look = 0; look < 600; look += 1) {
    await Promise.all(Array.from({ length: 600 }, () => admission.run(async () => {})))
    vi.advanceTimersByTime(20)
  }
  letIn(admission, 1_199)
  expect(admission.turnsAway()).toBe(false)
  letIn(admission, 1)
  expect(admission.turnsAway()).toBe(true)
})

test('a late event loop turns the web lane away, not the agents', () => {
  const admission = open({ isOverloaded: () => true })
  expect(() => admission.check('medics', 'web')).toThrow(refusal)
  expect(() => admission.check('medics', 'agent')).not.toThrow()
})

test('a place behind an hour of others is not given; one whose wait nobody knows is', () => {
  expect(() => open({ waitSeconds: () => 3_601 }).check('medics', 'web')).toThrow(refusal)
  expect(() => open({ waitSeconds: () => 3_600 }).check('medics', 'web')).not.toThrow()
  expect(() => open({ waitSeconds: () => null }).check('medics', 'web')).not.toThrow()
})

test('it is said that people are turned away for two seconds after the last', () => {
  const admission = open({ isOverloaded: () => true })
  expect(admission.isShedding()).toBe(false)
  expect(admission.turnsAway()).toBe(true)
  vi.advanceTimersByTime(1_999)
  expect(admission.isShedding()).toBe(true)
  vi.advanceTimersByTime(2)
  expect(admission.isShedding()).toBe(false)
})

test('while people are turned away and the event loop never rests, fewer have a place; while nobody is, as many as ever', async () => {
  const admission = open({ busy: () => 1 })
  const letGo = letIn(admission, 511)
  vi.advanceTimersByTime(10_000)
  expect(admission.turnsAway()).toBe(false)
  letIn(admission, 1)
  expect(admission.turnsAway()).toBe(true)
  vi.advanceTimersByTime(20)
  await letGo()
  // 60 % of 512.
  letIn(admission, 306)
  expect(admission.turnsAway()).toBe(false)
  letIn(admission, 1)
  expect(admission.turnsAway()).toBe(true)
})

test('down to 32, so that it never stops taking people', async () => {
  const admission = open({ busy: () => 1 })
  const letGo = letIn(admission, 512)
  for (let looks = 0; looks < 100; looks += 1) {
    admission.turnsAway()
    vi.advanceTimersByTime(20)
  }
  await letGo()
  letIn(admission, 31)
  expect(admission.turnsAway()).toBe(false)
  letIn(admission, 1)
  expect(admission.turnsAway()).toBe(true)
  // Nobody asks any more: within five seconds a full batch has a place again.
  vi.advanceTimersByTime(5_000)
  letIn(admission, 479)
  expect(admission.turnsAway()).toBe(false)
})

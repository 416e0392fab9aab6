import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createAdmission } from './admission.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function open({ isOverloaded = (): boolean => false, waitSeconds = (): number | null => 0 } = {}) {
  return createAdmission({ isOverloaded, waitSeconds })
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

/** A second in which so many were accepted, in the end. */
async function accept(admission: ReturnType<typeof open>, perSecond: number) {
  for (let look = 0; look < 100; look += 1) {
    await Promise.all(Array.from({ length: perSecond / 50 }, () => admission.run(async () => {})))
    vi.advanceTimersByTime(20)
  }
}

test('a full batch has a place at any rate, and not one more; who leaves makes room', async () => {
  const admission = open()
  const letGo = letIn(admission, 511)
  expect(admission.turnsAway(0)).toBe(false)
  letIn(admission, 1)
  expect(() => admission.check('medics', 'web')).toThrow(refusal)
  expect(admission.isShedding()).toBe(true)
  await letGo()
  expect(() => admission.check('medics', 'web')).not.toThrow()
})

test('who waits for their turn takes a place as well, and keeps it when there are fewer', () => {
  const admission = open()
  letIn(admission, 400)
  expect(admission.turnsAway(111)).toBe(false)
  expect(admission.turnsAway(112)).toBe(true)
  expect(() => admission.check('medics', 'web')).toThrow(refusal)
  expect(() => admission.check('medics', 'web', { isExpected: true })).not.toThrow()
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

test('more have a place when more are answered: as many as are accepted in 30 ms', async () => {
  const admission = open()
  await accept(admission, 20_000)
  letIn(admission, 599)
  expect(admission.turnsAway(0)).toBe(false)
  letIn(admission, 1)
  expect(admission.turnsAway(0)).toBe(true)
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
  expect(admission.turnsAway(0)).toBe(true)
  vi.advanceTimersByTime(1_999)
  expect(admission.isShedding()).toBe(true)
  vi.advanceTimersByTime(2)
  expect(admission.isShedding()).toBe(false)
})

test('in a crowd so many have a place as are accepted in 30 ms; a second after the last was turned away, a full batch', async () => {
  const admission = open()
  await accept(admission, 2_000)
  expect(admission.excess(500)).toBe(0)
  expect(admission.turnsAway(512)).toBe(true)
  expect(admission.excess(500)).toBe(440)
  expect(admission.turnsAway(59)).toBe(false)
  expect(admission.turnsAway(60)).toBe(true)
  await accept(admission, 2_000)
  expect(admission.turnsAway(511)).toBe(false)
})

test('in a crowd it never stops taking people: 32 have a place, however few were accepted', () => {
  const admission = open()
  expect(admission.turnsAway(512)).toBe(true)
  expect(admission.turnsAway(31)).toBe(false)
  expect(admission.turnsAway(32)).toBe(true)
  expect(admission.excess(40)).toBe(8)
  letIn(admission, 10)
  expect(admission.excess(40)).toBe(18)
})

test('a queue that is too long turns people away and is no crowd: others have their places', () => {
  const admission = open({ waitSeconds: () => 3_601 })
  expect(() => admission.check('medics', 'web')).toThrow(refusal)
  expect(admission.isShedding()).toBe(true)
  expect(admission.turnsAway(511)).toBe(false)
})

test('all who came while the event loop stood still have a place, up to 1,024 and for a tenth of a second', () => {
  const admission = open()
  const now = vi.spyOn(performance, 'now')
  now.mockReturnValue(performance.now() + 100)
  vi.advanceTimersByTime(20)
  expect(admission.turnsAway(1_023)).toBe(false)
  now.mockRestore()
  vi.advanceTimersByTime(200)
  expect(admission.turnsAway(1_023)).toBe(true)
})

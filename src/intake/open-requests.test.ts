import { expect, test, vi } from 'vitest'
import { createOpenRequests, maxOpenRequests, maxRemembered } from './open-requests.ts'

const person = 'a'.repeat(32)

/** A process that has accepted requests of one person, numbered 1, 2, 3 … */
function withAccepted(...ids: string[]) {
  const open = createOpenRequests()
  for (const [at, id] of ids.entries()) {
    expect(open.enter('medics', person, id)).toBe(true)
    open.accepted('medics', 'web', { voucherKey: person, id, number: at + 1 })
  }
  return open
}

test('a voucher has three open requests, not four; another voucher, and another campaign, have their own', () => {
  expect(maxOpenRequests).toBe(3)
  const open = withAccepted('a', 'b', 'c')
  expect(open.enter('medics', person, 'd')).toBe(false)
  expect(open.enter('medics', 'b'.repeat(32), 'd')).toBe(true)
  expect(open.enter('teachers', person, 'd')).toBe(true)
})

test('the same request sent again never counts, however often', () => {
  const open = withAccepted('a', 'a', 'a', 'a', 'b', 'c')
  expect(open.enter('medics', person, 'a')).toBe(true)
  expect(open.enter('medics', person, 'd')).toBe(false)
})

test('whether a request is sent again is known from its entering until it is served or leaves', () => {
  const open = withAccepted('a')
  expect(open.enter('medics', person, 'b')).toBe(true)
  const held = () => ['a', 'b', 'c'].filter((id) => open.holds('medics', person, id))
  expect(held()).toEqual(['a', 'b'])
  open.leave('medics', person, 'b')
  expect(held()).toEqual(['a'])
  open.served('medics', 'web', 1)
  expect(held()).toEqual([])
})

test('a place is held from the moment a request enters, before it is accepted', () => {
  const open = createOpenRequests()
  for (const id of ['a', 'b', 'c']) expect(open.enter('medics', person, id)).toBe(true)
  expect(open.enter('medics', person, 'd')).toBe(false)
  open.leave('medics', person, 'b')
  expect(open.enter('medics', person, 'd')).toBe(true)
  expect(open.enter('medics', person, 'e')).toBe(false)
})

test('a request is open until its own lane has served its number', () => {
  const open = withAccepted('a', 'b', 'c')
  open.served('medics', 'agent', 100)
  open.served('teachers', 'web', 100)
  open.served('medics', 'web', 0)
  expect(open.enter('medics', person, 'd')).toBe(false)
  open.served('medics', 'web', 1)
  expect(open.enter('medics', person, 'd')).toBe(true)
  expect(open.enter('medics', person, 'e')).toBe(false)
  open.served('medics', 'web', 3)
  expect(open.enter('medics', person, 'e')).toBe(true)
})

test('a request without a number, as spooled ones are, is forgotten after a minute', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const open = createOpenRequests()
    for (const id of ['a', 'b', 'c']) {
      open.enter('medics', person, id)
      open.accepted('medics', 'web', { voucherKey: person, id, number: null })
    }
    vi.advanceTimersByTime(60_000)
    open.served('medics', 'web', 1_000)
    expect(open.enter('medics', person, 'd')).toBe(false)
    vi.advanceTimersByTime(1)
    open.served('medics', 'web', 1_000)
    expect(open.enter('medics', person, 'd')).toBe(true)
  } finally {
    vi.useRealTimers()
  }
})

test('when nothing is served, so many are remembered as memory allows, of the longest lane the last', () => {
  const open = createOpenRequests()
  const accept = (n: number, campaign = 'medics') => {
    open.enter(campaign, `v${n}`, 'a')
    open.accepted(campaign, 'web', { voucherKey: `v${n}`, id: 'a', number: n })
  }
  accept(1, 'teachers')
  for (let n = 1; n < maxRemembered; n += 1) accept(n)
  expect(open.holds('medics', 'v1', 'a')).toBe(true)
  accept(maxRemembered)
  expect(open.holds('teachers', 'v1', 'a')).toBe(true)
  expect(open.holds('medics', 'v1', 'a')).toBe(false)
  expect(open.holds('medics', `v${maxRemembered}`, 'a')).toBe(true)
})

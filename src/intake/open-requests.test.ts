import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { createOpenRequests, maxOpenRequests, maxRemembered } from './open-requests.ts'

const person = 'a'.repeat(32)

/** A process that has accepted requests of one person, numbered 1, 2, 3 … */
function withAccepted(...ids: string[]) {
  const open = createOpenRequests()
  for (const [at, id] of ids.entries()) {
    expect(open.enter(person, id)).not.toBeNull()
    open.accepted('medics', 'web', { voucherKey: person, id, number: at + 1 })
  }
  return open
}

test('a voucher has three open requests, not four; another voucher has its own', () => {
  expect(maxOpenRequests).toBe(3)
  const open = withAccepted('a', 'b', 'c')
  expect(open.enter(person, 'd')).toBeNull()
  expect(open.enter('b'.repeat(32), 'd')).toEqual({ isSentAgain: false })
})

test('the same request sent again never counts, however often', () => {
  const open = withAccepted('a', 'a', 'a', 'a', 'b', 'c')
  expect(open.enter(person, 'a')).toEqual({ isSentAgain: true })
  expect(open.enter(person, 'd')).toBeNull()
})

test('sent again, it is open until the first number that it was given is served', () => {
  const open = withAccepted('a', 'b', 'c', 'a')
  open.served('medics', 'web', 1)
  expect(open.enter(person, 'a')).toEqual({ isSentAgain: false })
})

test('whether a request is sent again is known from its entering until it is served or leaves', () => {
  const open = withAccepted('a')
  expect(open.enter(person, 'b')).toEqual({ isSentAgain: false })
  expect(open.enter(person, 'b')).toEqual({ isSentAgain: true })
  open.leave(person, 'b')
  expect(open.enter(person, 'b')).toEqual({ isSentAgain: false })
  expect(open.enter(person, 'a')).toEqual({ isSentAgain: true })
  open.served('medics', 'web', 1)
  expect(open.enter(person, 'a')).toEqual({ isSentAgain: false })
})

test('a place is held from the moment a request enters, before it is accepted', () => {
  const open = createOpenRequests()
  for (const id of ['a', 'b', 'c']) expect(open.enter(person, id)).not.toBeNull()
  expect(open.enter(person, 'd')).toBeNull()
  open.leave(person, 'b')
  expect(open.enter(person, 'd')).not.toBeNull()
  expect(open.enter(person, 'e')).toBeNull()
})

test('a request that was accepted when it was sent again stays open, though it was not accepted at first', () => {
  const open = createOpenRequests()
  for (const id of ['a', 'a', 'b', 'c']) open.enter(person, id)
  open.accepted('medics', 'web', { voucherKey: person, id: 'a', number: 1 })
  open.leave(person, 'a')
  expect(open.enter(person, 'd')).toBeNull()
})

test('a request is open until its own lane has served its number', () => {
  const open = withAccepted('a', 'b', 'c')
  open.served('medics', 'agent', 100)
  open.served('teachers', 'web', 100)
  open.served('medics', 'web', 0)
  expect(open.enter(person, 'd')).toBeNull()
  open.served('medics', 'web', 1)
  expect(open.enter(person, 'd')).not.toBeNull()
  expect(open.enter(person, 'e')).toBeNull()
  open.served('medics', 'web', 3)
  expect(open.enter(person, 'e')).not.toBeNull()
})

test('a request without a number, as spooled ones are, is forgotten after a minute', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const open = createOpenRequests()
    for (const id of ['a', 'b', 'c']) {
      open.enter(person, id)
      open.accepted('medics', 'web', { voucherKey: person, id, number: null })
    }
    vi.advanceTimersByTime(60_000)
    open.served('medics', 'web', 1_000)
    expect(open.enter(person, 'd')).toBeNull()
    vi.advanceTimersByTime(1)
    open.served('medics', 'web', 1_000)
    expect(open.enter(person, 'd')).not.toBeNull()
  } finally {
    vi.useRealTimers()
  }
})

test('when nothing is served, so many are remembered as memory allows, of the longest lane the last', () => {
  const open = createOpenRequests()
  const accept = (n: number, campaign = 'medics') => {
    open.enter(`v${n} ${campaign}`, 'a')
    open.accepted(campaign, 'web', { voucherKey: `v${n} ${campaign}`, id: 'a', number: n })
  }
  const isOpen = (n: number, campaign = 'medics') => open.enter(`v${n} ${campaign}`, 'a')!.isSentAgain
  accept(1, 'teachers')
  for (let n = 1; n < maxRemembered; n += 1) accept(n)
  expect(isOpen(1)).toBe(true)
  accept(maxRemembered)
  expect(isOpen(1, 'teachers')).toBe(true)
  expect(isOpen(maxRemembered)).toBe(true)
  expect(isOpen(maxRemembered - 1)).toBe(true)
  expect(isOpen(1)).toBe(false)
})

test('whatever enters, is accepted, leaves and is served: open is what has not been served or left', () => {
  const voucher = fc.constantFrom('v1', 'v2', 'v3')
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  const step = fc.oneof(
    fc.record({ kind: fc.constant('request' as const), voucher, id, isAccepted: fc.boolean() }),
    fc.record({ kind: fc.constant('serve' as const), count: fc.nat(4) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const open = createOpenRequests()
      /** Open requests in the order of their numbers. */
      let model: { voucher: string; id: string; number: number }[] = []
      let [accepted, served] = [0, 0]
      for (const step of steps) {
        if (step.kind === 'serve') {
          served = Math.min(accepted, served + step.count)
          open.served('medics', 'web', served)
          model = model.filter(({ number }) => number > served)
          continue
        }
        const { voucher: voucherKey, id, isAccepted } = step
        const ofVoucher = model.filter((one) => one.voucher === voucherKey)
        const isSentAgain = ofVoucher.some((one) => one.id === id)
        const isTooMany = !isSentAgain && ofVoucher.length >= maxOpenRequests
        expect(open.enter(voucherKey, id)).toEqual(isTooMany ? null : { isSentAgain })
        if (isTooMany) continue
        if (isAccepted) {
          open.accepted('medics', 'web', { voucherKey, id, number: ++accepted })
          if (!isSentAgain) model.push({ voucher: voucherKey, id, number: accepted })
        } else if (!isSentAgain) open.leave(voucherKey, id)
      }
    }),
  )
})

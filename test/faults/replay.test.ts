import { expect, test } from 'vitest'
import { type Decided, findWrongChanges, type Stored } from './replay.ts'

/** What is found when these were decided of one reservation, in this order, and it is this now. */
function find(decisions: string[], status: string | null, seats: Stored['seats'] = [], campaign = 'trial-changing') {
  const decided = decisions.map((text, n): Decided => {
    const [kind, outcome, reason = null] = text.split(' ') as [string, string, string?]
    return { id: `r${n}`, reservationId: 'r', campaign, lane: 'web', number: n + 1, late: false, kind, outcome, reason }
  })
  return findWrongChanges(decided, new Map(status === null ? [] : [['r', { id: 'r', campaign, status, seats }]]))
}
const seat = (dose = 1, day = 0, location = 'east') => ({ dose, day, location })

test('what is booked may be moved and cancelled by commands, and changes by nothing else', () => {
  expect(find(['book booked', 'move done', 'move refused sold-out'], 'booked', [seat()])).toEqual([])
  expect(find(['book booked', 'cancel done', 'move refused already-cancelled'], 'cancelled')).toEqual([])
  expect(find(['book booked'], 'cancelled')).toEqual(['changed: r should be booked, and is cancelled'])
  expect(find(['book booked', 'cancel done'], 'booked', [seat()])).toHaveLength(1)
  expect(find(['book booked'], null)).toEqual(['changed: r should be booked, and is not there'])
})

test('who waits may be given a seat, and who was rejected stays so', () => {
  for (const [status, seats] of [['waitlisted', []] as const, ['booked', [seat()]] as const])
    expect(find(['book waitlisted'], status, [...seats])).toEqual([])
  expect(find(['book waitlisted'], 'cancelled')).toHaveLength(1)
  expect(find(['book rejected sold-out', 'cancel refused was-rejected'], 'rejected')).toEqual([])
  expect(find(['book rejected sold-out'], 'booked', [seat()])).toHaveLength(1)
})

test('a command is decided as its turn has it: before the booking nothing is known, after a cancellation nothing is left', () => {
  expect(find(['cancel refused unknown-reservation', 'book booked'], 'booked', [seat()])).toEqual([])
  expect(find(['book booked', 'cancel refused unknown-reservation'], 'booked', [seat()])).toEqual([
    'changed: cancel r1 of r, which was booked, was decided refused unknown-reservation',
  ])
  expect(find(['book booked', 'cancel done', 'cancel done'], 'cancelled')).toHaveLength(1)
  expect(find(['book booked', 'book booked'], 'booked', [seat()])).toHaveLength(1)
})

test('a series has both doses, at one place and in time, or none', () => {
  const booked = (...seats: Stored['seats']) => find(['book booked'], 'booked', seats, 'trial-series')
  expect(booked(seat(), seat(2, 21))).toEqual([])
  for (const seats of [[seat()], [seat(), seat(2, 20)], [seat(), seat(2, 21, 'west')], [seat(2), seat(1, 21)], []])
    expect(booked(...seats)).toHaveLength(1)
  expect(find(['book booked', 'cancel done'], 'cancelled', [seat(), seat(2, 21)], 'trial-series')).toHaveLength(1)
})

import { expect, test } from 'vitest'
import { type Lane, lanes } from '../domain/lane.ts'
import type { Work } from '../postgres/writers.ts'
import { leaveToAnother, nextLane } from './turns.ts'

const waitingIn = (waiting: Partial<Record<Lane, number>>) =>
  lanes.map((lane) => ({ lane, servingNumber: 10, acceptedNumber: 10 + (waiting[lane] ?? 0) }))

/** Whose turns they are, one request each, until nothing waits. */
function turns(waiting: Partial<Record<Lane, number>>): Lane[] {
  const work = waitingIn(waiting)
  const taken: Lane[] = []
  for (let next = nextLane(work, undefined); next; next = nextLane(work, taken.at(-1))) {
    next.servingNumber += 1
    taken.push(next.lane)
  }
  return taken
}

test('lanes take turns, agent first, and one that has nothing is passed over', () => {
  expect(turns({ agent: 2, institution: 2, web: 3 })).toEqual([
    'agent',
    'institution',
    'web',
    'agent',
    'institution',
    'web',
    'web',
  ])
  expect(turns({ web: 2, agent: 1 })).toEqual(['agent', 'web', 'web'])
  expect(turns({})).toEqual([])
})

test('an agent’s request is next or next but one, whatever was served last and however long the web lane is', () => {
  for (const last of lanes) {
    const work = waitingIn({ agent: 1, web: 100_000 })
    const order = [nextLane(work, last)!.lane, nextLane(work, nextLane(work, last)!.lane)!.lane]
    expect(order).toContain('agent')
  }
})

test('a backlog is left to the allocator that works on it; little work, or a campaign it has left, is anybody’s', () => {
  const work = (fields: Partial<Work>): Work => ({
    now: 0,
    lineRevision: 0,
    slotsRevision: 0,
    paused: false,
    allocator: 'other',
    idleMs: 500,
    lanes: waitingIn({ web: 1_001 }),
    ...fields,
  })
  expect(leaveToAnother(work({}), 'me')).toBe(true)
  expect(leaveToAnother(work({ lanes: waitingIn({ web: 1_000 }) }), 'me')).toBe(false)
  expect(leaveToAnother(work({ lanes: waitingIn({ web: 700, agent: 301 }) }), 'me')).toBe(true)
  expect(leaveToAnother(work({ idleMs: 1_001 }), 'me')).toBe(false)
  expect(leaveToAnother(work({ allocator: 'me' }), 'me')).toBe(false)
  expect(leaveToAnother(work({ allocator: null }), 'me')).toBe(false)
})

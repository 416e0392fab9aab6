import { expect, test } from 'vitest'
import type { Lane } from '../domain/lane.ts'
import { createBoard } from './board.ts'

const start = 1_780_000_000_000
const beat = (servingNumber: number, acceptedNumber: number, fields: { lane?: Lane; paused?: boolean } = {}) =>
  ({ campaign: 'medics', lane: 'web', paused: false, servingNumber, acceptedNumber, ...fields }) as Parameters<
    ReturnType<typeof createBoard>['update']
  >[1][number]

/** A board that has seen 100 decided a second, for so many seconds, with 5,000 accepted. */
function boardAfter(seconds: number, fields = {}) {
  const board = createBoard()
  for (let ms = 0; ms <= seconds * 1_000; ms += 250) board.update(start + ms, [beat(ms / 10, 5_000, fields)])
  return board
}

test('it shows what the last pulse said, of each campaign and lane for itself', () => {
  const board = boardAfter(1)
  board.update(start + 1_250, [beat(3, 4, { lane: 'agent' })])
  expect(board.read('medics', 'web')).toMatchObject({ acceptedNumber: 5_000, servingNumber: 100, asOf: start + 1_000 })
  expect(board.read('medics', 'agent')).toMatchObject({ acceptedNumber: 4, servingNumber: 3, asOf: start + 1_250 })
  expect(board.read('medics', 'institution')).toBeUndefined()
  expect(board.read('teachers', 'web')).toBeUndefined()
})

test('the rate is that of the last ten seconds: after a change it is the new one ten seconds later', () => {
  const board = boardAfter(20)
  expect(board.read('medics', 'web')!.decidedPerSecond).toBe(100)
  for (let ms = 250; ms <= 5_000; ms += 250) board.update(start + 20_000 + ms, [beat(2_000, 5_000)])
  expect(board.read('medics', 'web')!.decidedPerSecond).toBeGreaterThan(30)
  expect(board.read('medics', 'web')!.decidedPerSecond).toBeLessThan(70)
  for (let ms = 5_250; ms <= 10_000; ms += 250) board.update(start + 20_000 + ms, [beat(2_000, 5_000)])
  expect(board.read('medics', 'web')!.decidedPerSecond).toBe(0)
})

test('of one look no rate is made', () => {
  const board = createBoard()
  board.update(start, [beat(4_000, 5_000)])
  expect(board.read('medics', 'web')!.decidedPerSecond).toBe(0)
  expect(board.wait('medics', 'web', 4_500)).toEqual({ ahead: 499, p50Seconds: null, p90Seconds: null })
})

test('a wait is the people ahead and how long that many take; a slow tenth waits twice as long', () => {
  const board = boardAfter(10)
  expect(board.wait('medics', 'web', 1_001)).toEqual({ ahead: 0, p50Seconds: 1, p90Seconds: 2 })
  expect(board.wait('medics', 'web', 1_002)).toEqual({ ahead: 1, p50Seconds: 1, p90Seconds: 1 })
  expect(board.wait('medics', 'web', 3_001)).toEqual({ ahead: 2_000, p50Seconds: 20, p90Seconds: 40 })
  // Its turn has come and gone: nobody is ahead.
  expect(board.wait('medics', 'web', 5)).toEqual({ ahead: 0, p50Seconds: 1, p90Seconds: 2 })
})

test('a number that is not known yet waits behind all that were accepted', () => {
  expect(boardAfter(10).wait('medics', 'web', null)).toEqual({ ahead: 4_000, p50Seconds: 40, p90Seconds: 80 })
})

test('while nothing is decided or the campaign is paused nobody can know how long, only how many', () => {
  expect(boardAfter(10, { paused: true }).wait('medics', 'web', 2_001)).toEqual({
    ahead: 1_000,
    p50Seconds: null,
    p90Seconds: null,
  })
})

test('of a campaign that no pulse has told of, a first wait is short', () => {
  expect(createBoard().wait('medics', 'web', null)).toEqual({ ahead: 0, p50Seconds: 1, p90Seconds: 2 })
  expect(createBoard().wait('medics', 'web', 51)).toEqual({ ahead: 50, p50Seconds: null, p90Seconds: null })
})

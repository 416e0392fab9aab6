import { expect, test } from 'vitest'
import { apartMs, createDecideAll, longestRestMs, nextAfter } from './decide-all.ts'

/** Decides in transactions after each of which so many are left of what was accepted when it began. Then it finds nothing. */
function deciding(...left: number[]) {
  const begun: number[] = []
  const progressed: number[] = []
  const decideAll = createDecideAll({
    decideNext: async () => {
      const next = left[begun.length]
      begun.push(performance.now())
      return next === undefined ? null : { left: next }
    },
    progressed: (_campaign, done) => progressed.push(done.left),
  })
  return { begun, progressed, decideAll: (isStopping = () => false) => decideAll('medics', isStopping) }
}

test('a backlog is decided without a pause', async () => {
  const { begun, progressed, decideAll } = deciding(1_600, 1_100, 600, 250, 0)
  await decideAll()
  expect(progressed).toEqual([1_600, 1_100, 600, 250, 0])
  expect(begun[4]! - begun[0]!).toBeLessThan(apartMs)
})

test('others are told of a transaction when the next is under way, and of the last before the pass ends', async () => {
  const happened: string[] = []
  const left = [300, 0]
  const decideAll = createDecideAll({
    decideNext: async () => {
      happened.push('begun')
      // It is asked of Postgres, which answers in a later turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve))
      return { left: left.shift()! }
    },
    progressed: (_campaign, { left }) => happened.push(`told ${left}`),
  })
  await decideAll('medics', () => false)
  expect(happened).toEqual(['begun', 'begun', 'told 300', 'told 0'])
})

test('a pass ends when all is decided that was accepted when it began, however many come meanwhile', async () => {
  const { progressed, decideAll } = deciding(0, 0)
  await decideAll()
  expect(progressed).toEqual([0])
})

test('where few wait, the next transaction begins a little later, in another pass too, so that more have come', async () => {
  const { begun, decideAll } = deciding(249, 1, 0, 0)
  for (const _ of [1, 2]) await decideAll()
  expect(begun).toHaveLength(4)
  // A timer may come a millisecond early.
  for (const after of [1, 2, 3]) expect(begun[after]! - begun[after - 1]!).toBeGreaterThanOrEqual(apartMs - 1)
})

test.for([
  ['a short one is followed when more have come', 1_005, 1_000 + apartMs],
  ['a long one after half its time', 1_080, 1_120],
  ['a very long one, where a store is late, after the longest rest', 9_000, 9_000 + longestRestMs],
] as const)('of transactions, %s', ([, endedAt, nextAt]) => {
  expect(nextAfter(1_000, endedAt)).toBe(nextAt)
})

test('after a long transaction the next pass begins when it has rested', async () => {
  const begun: number[] = []
  const ended: number[] = []
  const decideAll = createDecideAll({
    decideNext: async () => {
      const at = performance.now()
      begun.push(at)
      await expect.poll(() => performance.now() - at, { interval: 5 }).toBeGreaterThan(3 * apartMs)
      ended.push(performance.now())
      return { left: 0 }
    },
    progressed: () => {},
  })
  for (const _ of [1, 2]) await decideAll('medics', () => false)
  expect(begun[1]! - ended[0]!).toBeGreaterThanOrEqual(apartMs)
})

test('who asks after a quiet moment does not wait', async () => {
  const { begun, decideAll } = deciding(0, 0)
  await decideAll()
  await expect.poll(() => performance.now() - begun[0]!).toBeGreaterThan(apartMs)
  const askedAt = performance.now()
  await decideAll()
  expect(begun[1]! - askedAt).toBeLessThan(apartMs / 2)
})

test('told to stop, before it begins or while it rests, it begins nothing more', async () => {
  const first = deciding(0)
  await first.decideAll(() => true)
  expect(first.begun).toEqual([])
  const second = deciding(1, 1, 0)
  await second.decideAll(() => second.begun.length > 0 && performance.now() - second.begun[0]! > apartMs / 2)
  expect(second.begun).toHaveLength(1)
  const third = deciding(300, 0)
  await third.decideAll(() => third.begun.length > 0)
  expect(third.progressed).toEqual([300])
})

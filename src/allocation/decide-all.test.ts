import { expect, test } from 'vitest'
import { apartMs, createDecideAll } from './decide-all.ts'

/** Decides in transactions of these sizes; of what was accepted when one began, `left` still wait. Then it finds nothing. */
function deciding(...transactions: { size: number; left: number }[]) {
  const begun: number[] = []
  const progressed: number[] = []
  const decideAll = createDecideAll({
    decideNext: async () => {
      begun.push(performance.now())
      const next = transactions.shift()
      return next ? { decisions: Array(next.size), commands: [], left: next.left } : null
    },
    progressed: (_campaign, { decisions }) => progressed.push(decisions.length),
  })
  return { begun, progressed, decideAll: (isStopping = () => false) => decideAll('medics', isStopping) }
}

test('a backlog is decided without a pause, until nothing of it is left', async () => {
  const { begun, progressed, decideAll } = deciding(
    { size: 500, left: 600 },
    { size: 500, left: 100 },
    { size: 100, left: 0 },
  )
  await decideAll()
  expect(progressed).toEqual([500, 500, 100])
  expect(begun[2]! - begun[0]!).toBeLessThan(apartMs)
})

test('a pass ends when all is decided that was accepted when it began, however many come meanwhile', async () => {
  const { progressed, decideAll } = deciding({ size: 5, left: 0 }, { size: 5, left: 0 })
  await decideAll()
  expect(progressed).toEqual([5])
})

test('after few twice, the next transaction begins a little later, in another pass too, so that more have come', async () => {
  const { begun, decideAll } = deciding(
    { size: 1, left: 0 },
    { size: 99, left: 1 },
    { size: 1, left: 0 },
    { size: 1, left: 0 },
  )
  for (const _ of [1, 2, 3]) await decideAll()
  expect(begun[1]! - begun[0]!).toBeLessThan(apartMs)
  // A timer may come a millisecond early.
  for (const after of [2, 3]) expect(begun[after]! - begun[after - 1]!).toBeGreaterThanOrEqual(apartMs - 1)
  expect(begun).toHaveLength(4)
})

test('where few and many take turns, nobody waits', async () => {
  const { begun, decideAll } = deciding(
    { size: 1, left: 1 },
    { size: 500, left: 1 },
    { size: 1, left: 1 },
    { size: 500, left: 0 },
  )
  await decideAll()
  expect(begun[3]! - begun[0]!).toBeLessThan(apartMs)
})

test('told to stop, before it begins or while it rests, it begins nothing more', async () => {
  const first = deciding({ size: 500, left: 0 })
  await first.decideAll(() => true)
  expect(first.begun).toEqual([])
  const second = deciding({ size: 1, left: 1 }, { size: 1, left: 1 }, { size: 1, left: 0 })
  await second.decideAll(() => second.begun.length > 0 && performance.now() - second.begun[0]! > apartMs / 2)
  expect(second.begun).toHaveLength(2)
})

import { expect, test } from 'vitest'
import { apartMs, createDecideAll } from './decide-all.ts'
import type { Progressed } from './decide-next.ts'

/** Decides in transactions of these sizes, and then finds nothing. */
function deciding(...sizes: number[]) {
  const begun: number[] = []
  const progressed: number[] = []
  const decideAll = createDecideAll({
    decideNext: async () => {
      begun.push(performance.now())
      const size = sizes.shift()
      return size === undefined ? null : ({ decisions: Array(size), commands: [] } as unknown as Progressed)
    },
    progressed: (_campaign, { decisions }) => progressed.push(decisions.length),
  })
  return { begun, progressed, decideAll: (stopping = false) => decideAll('medics', () => stopping) }
}

test('a backlog is decided without a pause, until nothing waits', async () => {
  const { begun, progressed, decideAll } = deciding(500, 500, 100)
  await decideAll()
  expect(progressed).toEqual([500, 500, 100])
  expect(begun[3]! - begun[0]!).toBeLessThan(apartMs)
})

test('after few, the next transaction begins a little later, in another pass too, so that more have come', async () => {
  const { begun, decideAll } = deciding(99, 1)
  await decideAll()
  await decideAll()
  // A timer may come a millisecond early.
  for (const after of [1, 2]) expect(begun[after]! - begun[after - 1]!).toBeGreaterThanOrEqual(apartMs - 1)
  expect(begun).toHaveLength(4)
})

test('who is alone is decided at once', async () => {
  const { begun, decideAll } = deciding()
  await decideAll()
  expect(begun).toHaveLength(1)
})

test('told to stop, it begins nothing more', async () => {
  const { begun, decideAll } = deciding(500)
  await decideAll(true)
  expect(begun).toEqual([])
})

import { expect, test } from 'vitest'
import { createDecidedJobs } from './decided-jobs.ts'

/** Jobs of a campaign whose log is this; a pass ends when the test says so. */
function jobsOf(log: Map<string, boolean>) {
  const passes: PromiseWithResolvers<void>[] = []
  const reads: string[][] = []
  let isAway = false
  const jobs = createDecidedJobs({
    wake: () => {
      const pass = Promise.withResolvers<void>()
      passes.push(pass)
      return pass.promise
    },
    readDecided: async (ids) => {
      reads.push(ids)
      if (isAway) throw new Error('away')
      return new Map(ids.flatMap((id) => (log.has(id) ? [[id, log.get(id)!] as const] : [])))
    },
  })
  return {
    jobs,
    reads,
    endPasses: () => {
      for (const { resolve } of passes.splice(0)) resolve()
    },
    leave: () => {
      isAway = true
    },
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('a job ends after the transaction that decided its batch, while the pass goes on, by one read for all that wait', async () => {
  const log = new Map([
    ['a', false],
    ['b', false],
    ['c', false],
  ])
  const { jobs, reads, endPasses } = jobsOf(log)
  const told: string[] = []
  const asked = ['a', 'b', 'c'].map((id) => jobs.isDecided(id).then((decided) => told.push(`${id} ${decided}`)))
  jobs.progressed()
  await settled()
  expect(told).toEqual([])
  log.set('a', true).set('b', true)
  jobs.progressed()
  await settled()
  expect(told).toEqual(['a true', 'b true'])
  expect(reads).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
  ])
  endPasses()
  await Promise.all(asked)
  expect(told).toEqual(['a true', 'b true', 'c false'])
  // Whoever has been told asks no more.
  expect(reads.slice(2)).toEqual([['c']])
  jobs.progressed()
  await settled()
  expect(reads).toHaveLength(3)
})

test('that the log lacks a batch is said when a pass has ended, not before', async () => {
  const { jobs, endPasses } = jobsOf(new Map())
  let told: boolean | null | undefined
  const asked = jobs.isDecided('lost').then((decided) => {
    told = decided
  })
  jobs.progressed()
  await settled()
  expect(told).toBeUndefined()
  endPasses()
  await asked
  expect(told).toBeNull()
})

test('while postgres cannot be asked nothing is decided, and two who hold the same job are both told', async () => {
  const { jobs, endPasses, leave } = jobsOf(new Map([['a', true]]))
  const both = [jobs.isDecided('a'), jobs.isDecided('a')]
  jobs.progressed()
  expect(await Promise.all(both)).toEqual([true, true])
  leave()
  const asked = jobs.isDecided('a')
  jobs.progressed()
  await settled()
  endPasses()
  expect(await asked).toBe(false)
})

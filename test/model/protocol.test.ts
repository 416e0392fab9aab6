import { expect, test } from 'vitest'
import { protocol, type Scenario } from './protocol.ts'
import { search } from './search.ts'

/** How long one search may take on a machine that has other things to do. */
const searchMs = 120_000
/** The searches that take minutes and gigabytes: `JUNBAN_MODEL=large npx vitest run test/model`. */
const isLarge = process.env.JUNBAN_MODEL === 'large'
const largeSearchMs = 3_600_000

const two = { apis: 2, drainers: 2 }
const bothFail = { postgresFails: true, redisFails: true, crashes: true }

/** What is searched to the end, and how many states that is: another number is another model. */
const searches: { name: string; scenario: Scenario; states: number }[] = [
  {
    name: 'four batches, log inserts late or lost, APIs and drainers crashing',
    scenario: { batches: 4, ...two, lateInserts: true, crashes: true },
    states: 62_269,
  },
  {
    name: 'four batches, outages of Postgres, crashes',
    scenario: { batches: 4, ...two, postgresFails: true, crashes: true },
    states: 81_125,
  },
  {
    name: 'two batches, outages of either store, crashes',
    scenario: { batches: 2, ...two, ...bothFail },
    states: 15_051,
  },
  {
    name: 'three batches, one drainer, outages of either store, crashes',
    scenario: { batches: 3, apis: 2, drainers: 1, ...bothFail },
    states: 767_749,
  },
  {
    name: 'three batches, log inserts late or lost, crashes, Redis wiped once: only what was spooled is lost',
    scenario: { batches: 3, ...two, lateInserts: true, crashes: true, wipes: 1 },
    states: 25_844,
  },
  {
    name: 'two batches, outages of either store, crashes, Redis wiped once: only what was spooled is lost',
    scenario: { batches: 2, ...two, ...bothFail, wipes: 1 },
    states: 45_162,
  },
  {
    name: 'four batches, outages of Redis, crashes, Redis wiped once: nothing is lost, for Postgres answers',
    scenario: { batches: 4, ...two, redisFails: true, crashes: true, wipes: 1 },
    states: 1_496,
  },
  {
    name: 'two batches, outages of Redis, crashes, Postgres restored once: what a job holds is not lost',
    scenario: { batches: 2, apis: 2, drainers: 1, redisFails: true, crashes: true, restores: 1 },
    states: 61_603,
  },
]

const largeSearches: typeof searches = [
  {
    name: 'three batches, outages of either store, crashes',
    scenario: { batches: 3, ...two, ...bothFail },
    states: 1_825_281,
  },
  {
    name: 'three batches, outages of either store, crashes, Redis wiped once',
    scenario: { batches: 3, ...two, ...bothFail, wipes: 1 },
    states: 7_367_580,
  },
]

const kept = { broken: null, trace: '', stuck: 0 }

for (const { name, scenario, states } of searches)
  test(`${name}: every promise holds`, { timeout: searchMs }, () => {
    expect(search({ scenario, protocol })).toMatchObject({ ...kept, states })
  })

for (const { name, scenario, states } of isLarge ? largeSearches : [])
  test(`${name}: every promise holds`, { timeout: largeSearchMs }, () => {
    expect(search({ scenario, protocol })).toMatchObject({ ...kept, states })
  })

test('what is forgotten to keep searches small makes no difference', { timeout: searchMs }, () => {
  const scenario: Scenario = { batches: 2, ...two, lateInserts: true, crashes: true }
  const [small, whole] = [scenario, { ...scenario, forgetsNothing: true }].map((each) =>
    search({ scenario: each, protocol }),
  )
  expect(small).toMatchObject(kept)
  expect(whole).toMatchObject(kept)
  expect(whole!.states).toBeGreaterThan(10 * small!.states)
})

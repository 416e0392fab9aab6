import { expect, test } from 'vitest'
import { type Protocol, protocol, type Scenario } from './protocol.ts'
import { search } from './search.ts'

const lost = 'an acknowledged batch is lost'
const passed = 'a later batch was logged before one acknowledged earlier'
const unmarked = 'a batch that was passed is not marked late'
const setAside = 'a sound batch was set aside'

const lateInserts = { lateInserts: true }
const redisFails = { lateInserts: true, redisFails: true }
const bothFail = { postgresFails: true, redisFails: true }

/** Designs that were tried, or that a small change would bring back: what they break, and in how few steps. */
const wrongDesigns: {
  name: string
  wrong: Partial<Protocol>
  scenario: Partial<Scenario>
  broken: string
  steps: number
}[] = [
  {
    name: 'writing both stores at once',
    wrong: { logsBeforeAddingJob: false },
    scenario: lateInserts,
    broken: passed,
    steps: 6,
  },
  {
    name: 'reading the length of the spool before closing the batch',
    wrong: { closesBeforeReading: false },
    scenario: lateInserts,
    broken: passed,
    steps: 7,
  },
  {
    name: 'going to the log, because Postgres answers again, while the spool is not drained',
    wrong: { asksTheSpoolFirst: false },
    scenario: lateInserts,
    broken: passed,
    steps: 7,
  },
  {
    name: 'leaving it to the job, after a late insert, instead of spooling',
    wrong: { spoolsAfterLateInsert: false },
    scenario: lateInserts,
    broken: passed,
    steps: 6,
  },
  {
    name: 'joining a spool that has become empty: it is never normal again',
    wrong: { joinsOnlyIfStillNotEmpty: false },
    scenario: lateInserts,
    broken: 'a lane that was back to normal was spooled though postgres answered',
    steps: 11,
  },
  {
    name: 'removing the head before the commit',
    wrong: { removesAfterCommit: false },
    scenario: lateInserts,
    broken: lost,
    steps: 7,
  },
  {
    name: 'removing the head without asking whether it still is the head',
    wrong: { removesOnlyTheHead: false },
    scenario: lateInserts,
    broken: lost,
    steps: 15,
  },
  {
    name: 'a log that takes a batch twice',
    wrong: { logHoldsABatchOnce: false },
    scenario: lateInserts,
    broken: 'logged twice',
    steps: 7,
  },
  {
    name: 'numbers from a sequence, which a refused insert uses up',
    wrong: { refusedInsertTakesNoNumber: false },
    scenario: lateInserts,
    broken: 'numbers are not contiguous',
    steps: 7,
  },
  {
    name: 'reading the head and then its batch',
    wrong: { commandsForHead: 2 },
    scenario: lateInserts,
    broken: setAside,
    steps: 11,
  },
  {
    name: 'reading the head, its batch, and whether it still is the head',
    wrong: { commandsForHead: 3 },
    scenario: { ...bothFail, wipes: 1 },
    broken: setAside,
    steps: 19,
  },
  { name: 'marking nothing late', wrong: { marksLate: false }, scenario: redisFails, broken: unmarked, steps: 11 },
  {
    name: 'marking late by what was committed when the statement began',
    wrong: { marksLateUnderTheLock: false },
    scenario: redisFails,
    broken: unmarked,
    steps: 12,
  },
  {
    name: 'marking late only what is logged by being drained, and not what is found logged by its own late insert',
    wrong: { marksLateWhenFoundLogged: false },
    scenario: redisFails,
    broken: unmarked,
    steps: 12,
  },
  {
    name: 'going to the log after a failed join as if Redis had answered',
    wrong: { failedJoinIsRedisAway: false },
    scenario: redisFails,
    broken: unmarked,
    steps: 12,
  },
  {
    name: 'forgetting that a late join may have happened',
    wrong: { failedJoinIsPerhapsDone: false },
    scenario: bothFail,
    broken: 'what was surely not accepted was accepted',
    steps: 10,
  },
  {
    name: 'a job that fails when its batch cannot be spooled',
    wrong: { jobOutlivesAFailedSpool: false },
    scenario: { redisFails: true, restores: 1 },
    broken: lost,
    steps: 7,
  },
]

for (const { name, wrong, scenario, broken, steps } of wrongDesigns)
  test(`${name} breaks a promise`, async () => {
    const found = search({
      scenario: { batches: 2, apis: 2, drainers: 2, ...scenario, named: true },
      protocol: { ...protocol, ...wrong },
    })
    const [rule, value] = Object.entries(wrong).flat()
    const file = typeof value === 'number' ? `${rule}-${value}` : rule
    await expect(`${name}\n\n${found.trace}\n`).toMatchFileSnapshot(`traces/${file}.txt`)
    expect(found).toMatchObject({ broken, depth: steps })
  })

test('every rule of the protocol is needed', () => {
  const brought = wrongDesigns.flatMap(({ wrong }) => Object.keys(wrong))
  expect(new Set(brought)).toEqual(new Set(Object.keys(protocol)))
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { bodyOf, bookAccepted } from './book.ts'
import { brokenPromises } from './broken-promises.ts'
import { untilDecided, untilOneDecided } from './decided.ts'
import { startLoad } from './load.ts'
import { untilRung } from './rung.ts'
import { type Stack, startStack } from './stack.ts'
import { until } from './until.ts'

/** Nobody waits longer for another allocator to take over. */
const takeOverMs = 5_000
/** A start under load, on two cores: the process must be there before it can take over. */
const startMs = 3_000

/** The first 30 slots have few seats, so that who comes late finds them sold out; the others are not. */
const slots = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`s${n}`, n < 30 ? 20 : 2_000]))
const body = (n: number) => bodyOf(n, `s${n % 40}`)

async function served({ read }: Stack): Promise<{ number: number; pid: number }> {
  const [row] = await read(
    `select serving_number as number, allocator from lane_progress join writers using (campaign_id) where lane = 'web'`,
  )
  // Its name is host, process id and a random part.
  return { number: row.number, pid: Number(/-(\d+)-[0-9a-f]{8}$/.exec(row.allocator ?? '')?.[1] ?? 0) }
}

/** How often the n-th allocator, in all its lives, has said that it serves the campaign. */
const timesServing = ({ logs }: Stack, n: number) =>
  readFileSync(join(logs, `allocator-${n + 1}.log`), 'utf8').split('"serving campaign"').length - 1

test('the allocator at work killed again and again under load: another takes over within 5 s, and each 202 is decided once, in order', async ({
  annotate,
}) => {
  const stack = await startStack({ apis: 2, allocators: 2 })
  await stack.addCampaign({ id: 'killed', slots })
  const load = startLoad({ apis: stack.apis, campaign: 'killed', clients: 24, pauseMs: 30, body })
  await until('the first are decided', async () => (await served(stack)).number > 50)

  const takenOverAfter: number[] = []
  const starts = [1, 1]
  await until('both serve', () => starts.every((count, n) => timesServing(stack, n) === count))
  for (let round = 0; round < 6; round += 1) {
    const atWork = await until('one of them is at work', async () => {
      const { pid } = await served(stack)
      return stack.allocators.find((allocator) => allocator.pid === pid)
    })
    await atWork.kill()
    const killedAt = performance.now()
    const { number } = await served(stack)
    const dead = atWork.pid
    await until('another takes over', async () => {
      const now = await served(stack)
      return now.number > number && now.pid !== dead
    })
    takenOverAfter.push(Math.round(performance.now() - killedAt))
    await atWork.restart()
    // What is measured is the taking over, not the start of a process that has just been killed itself.
    const n = stack.allocators.indexOf(atWork)
    starts[n] = starts[n]! + 1
    await until('it serves again', () => timesServing(stack, n) === starts[n])
  }
  const ledger = await load.stop()
  await annotate(`taken over after ${takenOverAfter.join(', ')} ms; ${ledger.length} accepted`)
  expect(Math.max(...takenOverAfter)).toBeLessThan(takeOverMs)
  expect(load.met).toEqual(new Map())
  expect(ledger.length).toBeGreaterThan(1_500)

  const seen = await untilDecided(stack.apis[0]!, 'killed', ledger)
  expect(new Set(seen.map(({ status, reason }) => reason ?? status))).toEqual(new Set(['booked', 'sold-out']))
  expect(await brokenPromises(stack, 'killed', ledger)).toEqual([])
  expect(await stack.read('select count(*) as decided from decisions')).toEqual([{ decided: ledger.length }])
})

test('both allocators killed at once: nothing is decided meanwhile, `/status` says so, and whoever starts decides all', async () => {
  const stack = await startStack({ apis: 1, allocators: 2 })
  await stack.addCampaign({ id: 'orphaned', slots })
  const load = startLoad({ apis: stack.apis, campaign: 'orphaned', clients: 10, body })
  await until('the first are decided', async () => (await served(stack)).number > 50)
  await Promise.all(stack.allocators.map((allocator) => allocator.kill()))
  const { number } = await served(stack)
  await untilRung(stack.apis, 'deciding-late')
  expect((await served(stack)).number).toBe(number)

  await stack.allocators[1]!.restart()
  await until('decided again', async () => (await served(stack)).number > number, takeOverMs + startMs)
  const ledger = await load.stop()
  await untilDecided(stack.apis[0]!, 'orphaned', ledger)
  await untilRung(stack.apis, 'normal')
  expect(load.met).toEqual(new Map())
  expect(await brokenPromises(stack, 'orphaned', ledger)).toEqual([])
})

/** How many connections allocators have. */
async function allocatorSessions({ read }: Stack): Promise<number> {
  const [row] = await read(
    `select count(*) as count from pg_stat_activity
      where datname = current_database() and application_name = 'junban-allocator'`,
  )
  return row.count
}

/** Two connections of the database's owner: one that locks a table, and one that looks on. */
async function holdTable({ databaseUrl }: Stack, table: string) {
  const [holder, onlooker] = [databaseUrl, databaseUrl].map((url) => new pg.Client({ connectionString: url })) as [
    pg.Client,
    pg.Client,
  ]
  await Promise.all([holder.connect(), onlooker.connect()])
  await holder.query(`begin; lock table ${table} in access exclusive mode`)
  return {
    /** Waits until an allocator stands before the table, inside its transaction. Its session's process id. */
    allocatorWaits: () =>
      until('an allocator waits inside its transaction', async () => {
        const { rows } = await onlooker.query(
          `select pid from pg_locks join pg_stat_activity using (pid)
            where not granted and relation = '${table}'::regclass and application_name = 'junban-allocator'`,
        )
        return rows[0]?.pid as number | undefined
      }),
    release: () => holder.query('commit'),
    /** What a session does, as `state, wait event`. */
    async stateOf(pid: number): Promise<string> {
      const { rows } = await onlooker.query('select state, wait_event from pg_stat_activity where pid = $1', [pid])
      return `${rows[0]?.state}, ${rows[0]?.wait_event}`
    },
    async close() {
      await Promise.all([holder.end(), onlooker.end()])
    },
  }
}

test.each([
  // The answer is short: the server is done, and would wait for the next statement for ever.
  ['between two statements', 'decisions', 'idle in transaction, ClientRead', 1],
  // Its slots are more than sockets hold: the server goes on writing them, and is not idle.
  ['while reading its slots', 'slots', 'active, ClientWrite', 40_000],
])(
  'an allocator frozen %s blocks nobody for longer than 5 s, and does no harm when it thaws',
  async (_, table, state, many) => {
    const stack = await startStack({ apis: 1, allocators: 1 })
    const wide = Object.fromEntries(Array.from({ length: many }, (_, n) => [`${'wide'.repeat(30)}-${n}`, 1]))
    await stack.addCampaign({ id: 'frozen', slots: { ...slots, ...wide } })

    // The first that it decides: it holds the campaign and goes on to a table that is locked, until it cannot hear the answer.
    const held = await holdTable(stack, table)
    const load = startLoad({ apis: stack.apis, campaign: 'frozen', clients: 10, body })
    const session = await held.allocatorWaits()
    const frozen = stack.allocators[0]!
    frozen.signal('SIGSTOP')
    const sessions = await allocatorSessions(stack)
    // Another is there. It would wait for the campaign, if it has come that far.
    const other = await stack.addAllocator()
    await until('another is at hand', async () => (await allocatorSessions(stack)) > sessions)
    await held.release()
    const frozenAt = performance.now()
    await until(`its session is ${state}`, async () => (await held.stateOf(session)) === state, 2_000)
    await held.close()

    await until('another decides', async () => (await served(stack)).number > 0, 2 * takeOverMs)
    const blockedMs = performance.now() - frozenAt
    expect((await served(stack)).pid).toBe(other.pid)
    expect(blockedMs).toBeLessThan(takeOverMs)

    frozen.signal('SIGCONT')
    const after = load.ledger.length
    await until('200 more are accepted, while it does its worst', () => load.ledger.length > after + 200)
    const ledger = await load.stop()
    await untilDecided(stack.apis[0]!, 'frozen', ledger)
    expect(await brokenPromises(stack, 'frozen', ledger)).toEqual([])

    // And it is of use again.
    await other.kill()
    const late = await bookAccepted(stack.apis[0]!, 'frozen', bodyOf(1_000_000, 's39'))
    expect(await untilOneDecided(stack.apis[0]!, late)).toMatchObject({ status: 'booked' })
    expect((await served(stack)).pid).toBe(frozen.pid)
  },
)

import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { operatorDatabase, testLog } from '../../test/setup/operator-database.ts'
import { type FreshRedis, freshRedis } from '../../test/setup/stores.ts'
import type { Batch } from '../domain/batch.ts'
import { batchesChannel } from '../postgres/batches.ts'
import { createPool } from '../postgres/pool.ts'
import { createAcceptBatch } from './accept-batch.ts'
import { LateAnswer } from './bounded.ts'
import { onlyStoreBoundMs, StoreAway } from './breaker.ts'
import { createDrainSpool } from './drain-spool.ts'
import { type LogStore, openLogStore, openPipeStore, type PipeStore } from './stores.ts'

let url: string
let read: (sql: string) => Promise<Record<string, unknown>[]>
let redis: FreshRedis
let logStore: LogStore
let pipe: PipeStore

beforeEach(async () => {
  const database = await operatorDatabase()
  url = database.url
  read = database.read
  redis = await freshRedis()
  pipe = openPipeStore(redis.url, 'test', testLog)
  logStore = logAt(url)
  onTestFinished(() => pipe.close())
  await vi.waitFor(() => pipe.redis.ping(), { timeout: 5_000 })
})

function logAt(where: string): LogStore {
  const pool = createPool({ url: where, role: 'junban_api', name: 'test', log: testLog, statementTimeoutMs: 1_000 })
  const store = openLogStore(pool, pipe, testLog)
  onTestFinished(async () => {
    store.breaker.close()
    await pool.end()
  })
  return store
}

const accept = (batch: Batch, stores: { logStore?: LogStore; pipe?: PipeStore | null } = {}) =>
  createAcceptBatch({ logStore, pipe, log: testLog, ...stores })(batch)
const drain = () => createDrainSpool({ logStore, pipe, log: testLog })('medics', 'web')

const newBatch = (requests = 1): Batch => ({
  id: randomUUID(),
  campaign: 'medics',
  lane: 'web',
  receivedAt: Date.now(),
  requests: Array.from({ length: requests }, () => ({
    id: randomUUID(),
    kind: 'book',
    voucherKey: 'a'.repeat(32),
    fingerprint: 'b'.repeat(32),
    choices: [{ slotId: 'one' }],
    waitlist: false,
    notify: false,
    box: 'c2VhbGVk',
  })),
})

const inLog = () =>
  read('select id, first_number::int as "from", redis_away, spooled, late from batches order by first_number')
const logged = ({ id }: Batch, from: number, marks = {}) => ({
  ...{ id, from, redis_away: false, spooled: false, late: false },
  ...marks,
})
const inSpool = () => pipe.redis.lrange('junban:{medics.web}:spool', 0, -1)
const jobs = () => pipe.redis.lrange('junban:medics.web:wait', 0, -1)

/** A Postgres that nobody listens at. */
const noPostgres = () => logAt('postgres://junban@127.0.0.1:1/junban')

/** Keeps the lane from being counted up, so that an insert of the log hangs; returns what lets it go. */
async function holdLane(): Promise<() => Promise<void>> {
  const owner = new pg.Client({ connectionString: url })
  owner.on('error', () => {})
  await owner.connect()
  await owner.query(`begin; select from lanes where lane = 'web' for update`)
  return async () => {
    await owner.query('commit')
    await owner.end()
  }
}

/** What allocators are told while `work` is done. */
async function heardDuring(work: () => Promise<unknown>): Promise<string[]> {
  const heard: string[] = []
  const listener = new pg.Client({ connectionString: url })
  await listener.connect()
  listener.on('notification', ({ channel, payload }) => heard.push(`${channel} ${payload}`))
  await listener.query(`listen ${batchesChannel}`)
  await work()
  await listener.query('select 1') // what was said before this is heard before its answer
  await listener.end()
  return heard
}

test('normally a batch is in the log, which numbers it, and a job carries a copy; nobody need be told by Postgres', async () => {
  const [first, second] = [newBatch(3), newBatch(2)]
  const heard = await heardDuring(async () => {
    expect(await accept(first)).toMatchObject({ by: 'log', firstNumber: 1, acceptedAt: expect.any(Number) })
    expect(await accept(second)).toMatchObject({ by: 'log', firstNumber: 4 })
  })
  expect(await inLog()).toEqual([logged(first, 1), logged(second, 4)])
  expect(await read(`select accepted_number::int as n from lanes where lane = 'web'`)).toEqual([{ n: 5 }])
  expect((await jobs()).toSorted()).toEqual([first.id, second.id].toSorted())
  const job = await pipe.redis.hget(`junban:medics.web:${first.id}`, 'data')
  expect(JSON.parse(job!)).toEqual(first)
  expect(heard).toEqual([])
})

test('the same batch sent again gets the same number, and is in the log and among the jobs once', async () => {
  const batch = newBatch(3)
  const first = await accept(batch)
  await accept(newBatch())
  expect(await accept(batch)).toEqual(first)
  expect(await read(`select accepted_number::int as n from lanes where lane = 'web'`)).toEqual([{ n: 4 }])
  expect(await jobs()).toHaveLength(2)
})

test('the same batch sent by many at once is one', async () => {
  const batch = newBatch(3)
  const answers = await Promise.all(Array.from({ length: 8 }, () => accept(batch)))
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(await inLog()).toEqual([logged(batch, 1)])
})

test('where Redis was never configured the log alone accepts, and allocators are told by Postgres', async () => {
  const batch = newBatch()
  const heard = await heardDuring(() => accept(batch, { pipe: null }))
  expect(heard).toEqual([`${batchesChannel} medics`])
  expect(await inLog()).toEqual([logged(batch, 1)])
})

test('while Redis cannot be reached the log alone accepts, marked so, and allocators are told by Postgres', async () => {
  await redis.kill()
  const batches = [newBatch(), newBatch(), newBatch()]
  const heard = await heardDuring(async () => {
    for (const [at, batch] of batches.entries())
      expect(await accept(batch)).toMatchObject({ by: 'log', firstNumber: at + 1 })
  })
  expect(heard).toEqual(Array(3).fill(`${batchesChannel} medics`))
  expect(await inLog()).toEqual(batches.map((batch, at) => logged(batch, at + 1, { redis_away: true })))
})

test('a Redis that hangs delays a batch by the bound, not longer, and soon not at all', async () => {
  process.kill(redis.pid, 'SIGSTOP')
  onTestFinished(() => void process.kill(redis.pid, 'SIGCONT'))
  const timed = async () => {
    const start = performance.now()
    expect((await accept(newBatch())).by).toBe('log')
    return performance.now() - start
  }
  for (const ms of [await timed(), await timed()]) expect(ms).toBeLessThan(1_000)
  expect(pipe.breaker.isOpen()).toBe(true)
  expect(await timed()).toBeLessThan(200)
})

test('while Postgres cannot be reached batches wait in the spool, in their order, and get their numbers when it is drained', async () => {
  const away = noPostgres()
  const batches = [newBatch(2), newBatch(3), newBatch(1)]
  for (const batch of batches) expect(await accept(batch, { logStore: away })).toEqual({ by: 'spool' })
  expect(await inSpool()).toEqual(batches.map(({ id }) => id))
  expect(await drain()).toBe(3)
  const marks = { spooled: true }
  expect(await inLog()).toEqual([
    logged(batches[0]!, 1, marks),
    logged(batches[1]!, 3, marks),
    logged(batches[2]!, 6, marks),
  ])
  expect(await inSpool()).toEqual([])
})

test('a log insert that is late is spooled all the same, and found in the log when it is drained', async () => {
  const release = await holdLane()
  const batch = newBatch(3)
  const start = performance.now()
  expect(await accept(batch)).toEqual({ by: 'spool' })
  expect(performance.now() - start).toBeLessThan(1_000)
  await release()
  await vi.waitFor(async () => expect(await inLog()).toEqual([logged(batch, 1)]), { timeout: 5_000 })
  expect(await drain()).toBe(1)
  expect(await inLog()).toEqual([logged(batch, 1)])
  expect(await read(`select accepted_number::int as n from lanes where lane = 'web'`)).toEqual([{ n: 3 }])
  expect(await inSpool()).toEqual([])
})

test('while something waits in the spool, a batch joins it though Postgres answers', async () => {
  const [first, second, third] = [newBatch(), newBatch(), newBatch()]
  await accept(first, { logStore: noPostgres() })
  expect(await accept(second)).toEqual({ by: 'spool' })
  expect(await inLog()).toEqual([])
  expect(await inSpool()).toEqual([first.id, second.id])
  await drain()
  expect(await accept(third)).toMatchObject({ by: 'log', firstNumber: 3 })
})

test('a batch that finds a short spool waits until that is drained, and has its number at once', async () => {
  const [spooled, next] = [newBatch(), newBatch()]
  await pipe.spool.append(spooled)
  let drained = 0
  const acceptBatch = createAcceptBatch({ logStore, pipe, drainSoon: () => void (drained++ || drain()), log: testLog })
  expect(await acceptBatch(next)).toMatchObject({ by: 'log', firstNumber: 2 })
  expect(drained).toBeGreaterThan(0)
  expect(await inLog()).toEqual([logged(spooled, 1, { spooled: true }), logged(next, 2)])
})

test('who cannot be sure of Postgres does not wait for a short spool', async () => {
  await pipe.spool.append(newBatch())
  await logStore.breaker.run(() => Promise.reject(new Error('Connection terminated'))).catch(() => {})
  let asked = 0
  const acceptBatch = createAcceptBatch({ logStore, pipe, drainSoon: () => void asked++, log: testLog })
  expect(await acceptBatch(newBatch())).toEqual({ by: 'spool' })
  expect(asked).toBe(0)
})

test('what waits in one lane’s spool does not keep another lane from the log', async () => {
  await accept(newBatch(), { logStore: noPostgres() })
  expect(await accept({ ...newBatch(), lane: 'agent' })).toMatchObject({ by: 'log', firstNumber: 1 })
})

test('a batch that cannot join the spool goes to the log alone, marked so, and what it passed is marked late', async () => {
  const [first, second] = [newBatch(), newBatch()]
  await accept(first, { logStore: noPostgres() })
  // A Redis that is full still says how long the spool is, and takes nothing.
  await pipe.redis.config('SET', 'maxmemory', '1')
  const heard = await heardDuring(async () => {
    expect(await accept(second)).toMatchObject({ by: 'log', firstNumber: 1 })
  })
  expect(heard).toEqual([`${batchesChannel} medics`])
  await pipe.redis.config('SET', 'maxmemory', '0')
  await vi.waitFor(drain, { timeout: 5_000 })
  expect(await inLog()).toEqual([
    logged(second, 1, { redis_away: true }),
    logged(first, 2, { spooled: true, late: true }),
  ])
})

test('a job that cannot be added does not undo what the log has accepted', async () => {
  // BullMQ's scripts are refused, the reads of the spool are not.
  await pipe.redis.call('ACL', 'SETUSER', 'default', '-evalsha', '-eval')
  const batch = newBatch()
  expect(await accept(batch)).toMatchObject({ by: 'log', firstNumber: 1 })
  expect(await inLog()).toEqual([logged(batch, 1)])
})

test('with both stores known to be away a batch is surely not accepted, and that is said at once', async () => {
  await redis.kill()
  const away = noPostgres()
  await vi.waitFor(async () => {
    await accept(newBatch(), { logStore: away }).catch(() => {})
    expect([pipe.breaker.isOpen(), away.breaker.isOpen()]).toEqual([true, true])
  })
  await expect(accept(newBatch(), { logStore: away })).rejects.toThrow(
    expect.objectContaining({ name: 'NotAcknowledged', perhaps: false }),
  )
})

test('with the log late and Redis away a batch is perhaps accepted, and sent again it is what the log has', async () => {
  await redis.kill()
  const release = await holdLane()
  const batch = newBatch()
  await expect(accept(batch)).rejects.toThrow(expect.objectContaining({ name: 'NotAcknowledged', perhaps: true }))
  await release()
  await vi.waitFor(async () => expect(await accept(batch)).toMatchObject({ by: 'log', firstNumber: 1 }), {
    timeout: 5_000,
  })
  expect(await inLog()).toEqual([logged(batch, 1, { redis_away: true })])
})

test('with Redis away the log is waited for longer', async () => {
  const release = await holdLane()
  onTestFinished(release)
  await redis.kill()
  pipe.breaker.trip(new StoreAway('gone'))
  const start = performance.now()
  await expect(accept(newBatch())).rejects.toThrow(expect.objectContaining({ name: 'NotAcknowledged', perhaps: true }))
  expect(performance.now() - start).toBeGreaterThan(onlyStoreBoundMs - 1)
})

test('with Redis late and Postgres away a batch is perhaps accepted', async () => {
  process.kill(redis.pid, 'SIGSTOP')
  onTestFinished(() => void process.kill(redis.pid, 'SIGCONT'))
  await expect(accept(newBatch(), { logStore: noPostgres() })).rejects.toThrow(
    expect.objectContaining({ name: 'NotAcknowledged', perhaps: true }),
  )
})

test('a batch whose join was late is perhaps accepted, though nothing came of all that was tried after it', async () => {
  await pipe.spool.append(newBatch())
  const [late, gone] = [new LateAnswer('late'), new StoreAway('gone')]
  const spool = { ...pipe.spool, join: () => Promise.reject(late), append: () => Promise.reject(gone) }
  await expect(accept(newBatch(), { logStore: noPostgres(), pipe: { ...pipe, spool } })).rejects.toThrow(
    expect.objectContaining({ name: 'NotAcknowledged', perhaps: true }),
  )
})

test('a batch that Postgres itself refuses is not spooled: it would be refused again', async () => {
  const tooMany = newBatch(501)
  await expect(accept(tooMany)).rejects.toThrow(expect.objectContaining({ constraint: 'batches_of_1_to_500' }))
  await expect(accept({ ...newBatch(), campaign: 'gone' })).rejects.toThrow(/no lane/)
  expect(await pipe.redis.keys('*spool*')).toEqual([])
  expect(await inLog()).toEqual([])
  expect(await accept(newBatch())).toMatchObject({ by: 'log', firstNumber: 1 })
})

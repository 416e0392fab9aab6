import { randomUUID } from 'node:crypto'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { operatorDatabase, testLog } from '../../test/setup/operator-database.ts'
import { type FreshRedis, freshRedis } from '../../test/setup/stores.ts'
import type { Batch } from '../domain/batch.ts'
import { appendBatch } from '../postgres/batches.ts'
import { createPool } from '../postgres/pool.ts'
import { createDrainSpool } from './drain-spool.ts'
import { type LogStore, openLogStore, openPipeStore, type PipeStore } from './stores.ts'

let read: (sql: string) => Promise<Record<string, unknown>[]>
let redis: FreshRedis
let logStore: LogStore
let pipe: PipeStore

beforeEach(async () => {
  const database = await operatorDatabase()
  read = database.read
  redis = await freshRedis()
  pipe = await pipeOpen()
  logStore = logAt(database.url)
})

function logAt(url: string): LogStore {
  const pool = createPool({ url, role: 'junban_allocator', name: 'test', log: testLog })
  const store = openLogStore(pool, pipe, testLog)
  onTestFinished(async () => {
    store.breaker.close()
    await pool.end()
  })
  return store
}

async function pipeOpen(): Promise<PipeStore> {
  const opened = openPipeStore(redis.url, 'test', testLog)
  onTestFinished(() => opened.close())
  await vi.waitFor(() => opened.redis.ping(), { timeout: 5_000 })
  return opened
}

const drain = (stores: { logStore?: LogStore; pipe?: PipeStore } = {}, campaign = 'medics') =>
  createDrainSpool({ logStore, pipe, log: testLog, ...stores })(campaign, 'web')

const newBatch = (fields: Partial<Batch> = {}): Batch => ({
  id: randomUUID(),
  campaign: 'medics',
  lane: 'web',
  receivedAt: Date.now(),
  requests: [
    {
      id: randomUUID(),
      kind: 'book',
      voucherKey: 'a'.repeat(32),
      fingerprint: 'b'.repeat(32),
      choices: [{ slotId: 'one' }],
      waitlist: false,
      notify: false,
      box: 'c2VhbGVk',
    },
  ],
  ...fields,
})

async function spool(...batches: Batch[]): Promise<void> {
  for (const batch of batches) await pipe.spool.append(batch)
}
const inLog = async () => (await read('select id from batches order by first_number')).map(({ id }) => id)
const left = () => pipe.spool.length('medics', 'web')
const jobs = async () => (await pipe.redis.lrange('junban:medics.web:wait', 0, -1)).toSorted()
const refused = () => pipe.redis.hgetall('junban:refused')
const idsOf = (batches: Batch[]) => batches.map(({ id }) => id)

test('what waited is logged in its order, as spooled, with a job each, and the spool is empty', async () => {
  const batches = Array.from({ length: 5 }, () => newBatch())
  await spool(...batches)
  expect(await drain()).toBe(5)
  expect(await inLog()).toEqual(idsOf(batches))
  expect(await read('select distinct spooled, redis_away, late, requests is null as empty from batches')).toEqual([
    { spooled: true, redis_away: false, late: false, empty: false },
  ])
  expect(await jobs()).toEqual(idsOf(batches).toSorted())
  expect(await left()).toBe(0)
  expect(await drain()).toBe(0)
})

test('a batch that the log holds already, as after a late insert, keeps its number and is taken from the spool', async () => {
  const [early, doubled, next] = [newBatch(), newBatch(), newBatch()]
  for (const batch of [early, doubled]) await appendBatch(logStore.pool, batch, {})
  await spool(doubled, next)
  await drain()
  expect(await inLog()).toEqual(idsOf([early, doubled, next]))
  expect(await left()).toBe(0)
})

test('many who drain at once log each batch once, in order, and keep nothing aside', async () => {
  const batches = Array.from({ length: 60 }, () => newBatch())
  await spool(...batches)
  const others = [await pipeOpen(), await pipeOpen()]
  await Promise.all([drain(), ...others.map((other) => drain({ pipe: other }))])
  expect(await inLog()).toEqual(idsOf(batches))
  expect(await left()).toBe(0)
  expect(await refused()).toEqual({})
})

test('while Postgres is away nothing leaves the spool', async () => {
  const batches = [newBatch(), newBatch()]
  await spool(...batches)
  await expect(drain({ logStore: logAt('postgres://junban@127.0.0.1:1/junban') })).rejects.toThrow()
  expect(await left()).toBe(2)
  expect(await refused()).toEqual({})
  expect(await drain()).toBe(2)
  expect(await inLog()).toEqual(idsOf(batches))
})

test('spooled batches outlive a Redis that is killed', async () => {
  const batches = [newBatch(), newBatch()]
  await spool(...batches)
  await redis.kill()
  await expect(drain()).rejects.toThrow()
  await redis.restart()
  await vi.waitFor(async () => expect(await drain()).toBeGreaterThanOrEqual(0), { timeout: 10_000 })
  expect(await inLog()).toEqual(idsOf(batches))
})

test('a redis that is full, and so counts as away, is emptied all the same', async () => {
  const batches = Array.from({ length: 3 }, () => newBatch())
  await spool(...batches)
  await pipe.redis.config('SET', 'maxmemory', '1')
  for (let times = 0; times < 2; times += 1) await pipe.breaker.run(() => pipe.redis.set('key', 'x')).catch(() => {})
  expect(pipe.breaker.isOpen()).toBe(true)
  expect(await drain()).toBe(3)
  expect(await inLog()).toEqual(idsOf(batches))
  expect(await left()).toBe(0)
})

test('a batch that the log will never take is kept aside for an operator, and those behind it go on', async () => {
  const [bad, good] = [newBatch({ receivedAt: -8.64e15 }), newBatch()]
  await spool(bad, good)
  await drain()
  expect(await inLog()).toEqual([good.id])
  expect(await refused()).toEqual({ [bad.id]: JSON.stringify(bad) })
  expect(await jobs()).toEqual([good.id])
  expect(await left()).toBe(0)
})

test('a spooled batch that cannot be read is kept aside as it is, and those behind it go on', async () => {
  const good = newBatch()
  await pipe.redis.rpush('junban:{medics.web}:spool', 'torn')
  await pipe.redis.hset('junban:{medics.web}:spooled', 'torn', '{"half')
  await spool(good)
  await drain()
  expect(await inLog()).toEqual([good.id])
  expect(await refused()).toEqual({ torn: '{"half' })
})

test('batches of a campaign that is gone are kept aside rather than tried for ever', async () => {
  const batch = newBatch({ campaign: 'gone' })
  await spool(batch)
  await drain({}, 'gone')
  expect(await refused()).toEqual({ [batch.id]: JSON.stringify(batch) })
  expect(await pipe.spool.length('gone', 'web')).toBe(0)
})

test('a batch passed by one that was accepted while Redis was away is marked late; others are not', async () => {
  const passed = newBatch({ receivedAt: Date.now() - 60_000 })
  await spool(passed)
  const passing = newBatch()
  await appendBatch(logStore.pool, passing, { redisAway: true })
  const after = newBatch({ receivedAt: Date.now() + 60_000 })
  await spool(after)
  const otherLane = newBatch({ lane: 'agent', receivedAt: Date.now() - 60_000 })
  await spool(otherLane)
  await drain()
  await createDrainSpool({ logStore, pipe, log: testLog })('medics', 'agent')
  expect(await read('select id, late from batches order by lane desc, first_number')).toEqual([
    { id: passing.id, late: false },
    { id: passed.id, late: true },
    { id: after.id, late: false },
    { id: otherLane.id, late: false },
  ])
})

test('a batch that its own late insert logged behind one accepted while Redis was away is marked late when it is drained', async () => {
  const passed = newBatch({ receivedAt: Date.now() - 60_000 })
  await spool(passed)
  await appendBatch(logStore.pool, newBatch(), { redisAway: true })
  await appendBatch(logStore.pool, passed, {})
  await drain()
  expect(await read(`select late, spooled from batches where id = '${passed.id}'`)).toEqual([
    { late: true, spooled: false },
  ])
  expect(await left()).toBe(0)
})

test('a batch is marked late though the one that passes it commits only while it waits for the lane', async () => {
  const passed = newBatch({ receivedAt: Date.now() - 60_000 })
  await spool(passed)
  const passing = await logStore.pool.connect()
  await passing.query('begin')
  await appendBatch(passing, newBatch(), { redisAway: true })
  const draining = drain()
  await vi.waitFor(async () => expect(await read('select from pg_locks where not granted')).not.toEqual([]))
  await passing.query('commit')
  passing.release()
  await draining
  expect(await read(`select late from batches where id = '${passed.id}'`)).toEqual([{ late: true }])
})

test('two that drain one lane at once log each batch once, in order', async () => {
  const batches = Array.from({ length: 120 }, () => newBatch())
  await spool(...batches)
  const other = { pipe: await pipeOpen() }
  while ((await left()) > 0) await Promise.all([drain(), drain(other)])
  expect(await inLog()).toEqual(idsOf(batches))
})

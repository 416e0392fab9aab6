import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { freshRedis } from '../../test/setup/stores.ts'
import type { Batch } from '../domain/batch.ts'
import { createSpool, type Spool } from './spool.ts'

let redis: Redis
let spool: Spool

beforeAll(async () => {
  const { url } = await freshRedis()
  redis = new Redis(url)
  spool = createSpool(redis)
  return () => redis.disconnect()
})
beforeEach(() => redis.flushall())

const newBatch = (fields: Partial<Batch> = {}): Batch => ({
  id: randomUUID(),
  campaign: 'medics',
  lane: 'web',
  receivedAt: 1_780_000_000_000,
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

const head = async () => (await spool.heads('medics', 'web', 1))[0]
const remove = (...ids: string[]) => spool.removeHeads('medics', 'web', ids)
const length = () => spool.length('medics', 'web')
const nothingOfIt = async () => (await redis.keys('*spool*')).toSorted()

test('batches come out in the order in which they went in, as they went in', async () => {
  const batches = [newBatch(), newBatch(), newBatch()]
  for (const batch of batches) expect(await spool.append(batch)).toBe('spooled')
  for (const batch of batches) {
    expect(await head()).toMatchObject({ id: batch.id, batch })
    expect(await remove(batch.id)).toBe(1)
  }
  expect(await head()).toBeUndefined()
  expect(await nothingOfIt()).toEqual([])
})

test('appended again, whether by append or by join, a batch keeps its one place', async () => {
  const [first, second] = [newBatch(), newBatch()]
  await spool.append(first)
  await spool.append(second)
  expect(await spool.append({ ...first, receivedAt: 5 })).toBe('spooled')
  expect(await spool.join(first)).toBe('spooled')
  expect(await length()).toBe(2)
  expect((await head())?.batch).toEqual(first)
})

test('a batch joins only a spool that is not empty; else it is told to go to the log', async () => {
  const [first, second] = [newBatch(), newBatch()]
  expect(await spool.join(first)).toBe('log')
  expect(await nothingOfIt()).toEqual([])
  await spool.append(first)
  expect(await spool.join(second)).toBe('spooled')
  expect(await length()).toBe(2)
})

test('only heads are removed, in their order, and only once', async () => {
  const [first, second, third] = [newBatch(), newBatch(), newBatch()]
  for (const batch of [first, second, third]) await spool.append(batch)
  expect(await remove(second.id)).toBe(0)
  expect(await remove(first.id, third.id)).toBe(1)
  expect(await remove(first.id)).toBe(0)
  expect((await spool.heads('medics', 'web', 9)).map(({ id }) => id)).toEqual([second.id, third.id])
  expect(await spool.holds('medics', 'web', first.id)).toBe(false)
  expect(await spool.holds('medics', 'web', second.id)).toBe(true)
  expect(await remove(second.id, third.id)).toBe(2)
  expect(await nothingOfIt()).toEqual([])
})

test('campaigns and lanes have spools of their own', async () => {
  await spool.append(newBatch())
  await spool.append(newBatch({ lane: 'agent' }))
  await spool.append(newBatch({ lane: 'agent' }))
  await spool.append(newBatch({ campaign: 'teachers' }))
  expect(
    await spool.lengths([
      { campaign: 'medics', lane: 'web' },
      { campaign: 'medics', lane: 'agent' },
      { campaign: 'medics', lane: 'institution' },
      { campaign: 'teachers', lane: 'web' },
    ]),
  ).toEqual([1, 2, 0, 1])
  expect(await spool.join(newBatch({ lane: 'institution' }))).toBe('log')
})

test('a batch that we could not have written is given as text, to be kept aside', async () => {
  await redis.rpush('junban:{medics.web}:spool', 'strange')
  await redis.hset('junban:{medics.web}:spooled', 'strange', '{"id":7}')
  expect(await head()).toEqual({ id: 'strange', batch: null, text: '{"id":7}' })
  await spool.keepRefused('strange', '{"id":7}')
  expect(await redis.hgetall('junban:refused')).toEqual({ strange: '{"id":7}' })
})

test('a head that another drainer takes away meanwhile is not mistaken for a broken one', async () => {
  const batches = Array.from({ length: 300 }, () => newBatch())
  for (const batch of batches) await spool.append(batch)
  const another = redis.duplicate()
  const others = createSpool(another)
  const seen: string[] = []
  async function drain(one: Spool) {
    for (
      let found = await one.heads('medics', 'web', 3);
      found.length > 0;
      found = await one.heads('medics', 'web', 3)
    ) {
      for (const { id, batch } of found) expect(batch?.id).toBe(id)
      seen.push(...found.map(({ id }) => id))
      await one.removeHeads(
        'medics',
        'web',
        found.map(({ id }) => id),
      )
    }
  }
  await Promise.all([drain(spool), drain(others)]).finally(() => another.disconnect())
  expect([...new Set(seen)]).toEqual(batches.map(({ id }) => id))
})

import { Redis } from 'ioredis'
import { expect, onTestFinished, test, vi } from 'vitest'
import { testLog } from '../../test/setup/operator-database.ts'
import { freshRedis } from '../../test/setup/stores.ts'
import { StoreAway } from './breaker.ts'
import { connectRedis, findUnsafeSetting } from './redis.ts'
import { openPipeStore, perhapsDone } from './stores.ts'

async function unsafeSetting(extraArgs: string[]): Promise<string | null> {
  const { url } = await freshRedis({ extraArgs })
  const redis = new Redis(url)
  try {
    return await findUnsafeSetting(redis)
  } finally {
    redis.disconnect()
  }
}

test('the settings that the start of ours gives are safe', async () => {
  expect(await unsafeSetting([])).toBeNull()
})

test.each([
  ['would evict', ['--maxmemory-policy', 'allkeys-lru'], 'maxmemory-policy is allkeys-lru, not noeviction'],
  [
    'would evict what expires',
    ['--maxmemory-policy', 'volatile-ttl'],
    'maxmemory-policy is volatile-ttl, not noeviction',
  ],
  ['forgets at a restart', ['--appendonly', 'no'], 'appendonly is no'],
  ['is a replica', ['--replicaof', '127.0.0.1 1'], 'it is a replica'],
])('a redis that %s is unsafe, and it is said why', async (_, extraArgs, reason) => {
  expect(await unsafeSetting(extraArgs)).toBe(reason)
})

test('a redis that is not safe counts as away from its first connection on, until it is set right', async () => {
  const { url } = await freshRedis({ extraArgs: ['--maxmemory-policy', 'allkeys-lru'] })
  const pipe = openPipeStore(url, 'test', testLog)
  onTestFinished(() => pipe.close())
  await vi.waitFor(() => expect(pipe.breaker.isOpen()).toBe(true), { timeout: 5_000 })
  await expect(pipe.breaker.run(() => pipe.spool.length('medics', 'web'))).rejects.toThrow(StoreAway)
  const operator = new Redis(url)
  await operator.config('SET', 'maxmemory-policy', 'noeviction').finally(() => operator.disconnect())
  await vi.waitFor(() => expect(pipe.breaker.isOpen()).toBe(false), { timeout: 5_000 })
  expect(await pipe.breaker.run(() => pipe.spool.length('medics', 'web'))).toBe(0)
})

test('a redis that was restarted with unsafe settings is found out when the connection is made again', async () => {
  const redis = await freshRedis()
  const pipe = openPipeStore(redis.url, 'test', testLog)
  onTestFinished(() => pipe.close())
  await vi.waitFor(() => pipe.breaker.run(() => pipe.spool.length('medics', 'web')), { timeout: 5_000 })
  const operator = new Redis(redis.url)
  await operator.config('SET', 'maxmemory-policy', 'allkeys-random')
  await operator.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes').finally(() => operator.disconnect())
  await vi.waitFor(() => expect(pipe.breaker.isOpen()).toBe(true), { timeout: 5_000 })
})

test('a redis that is full counts as away, though it still answers reads', async () => {
  const { url } = await freshRedis()
  const pipe = openPipeStore(url, 'test', testLog)
  onTestFinished(() => pipe.close())
  const operator = new Redis(url)
  onTestFinished(() => operator.disconnect())
  await vi.waitFor(() => pipe.redis.ping(), { timeout: 5_000 })
  await operator.config('SET', 'maxmemory', '1')
  for (let times = 0; times < 2; times += 1)
    await expect(pipe.breaker.run(() => pipe.redis.set('key', 'x'))).rejects.toThrow(/OOM|is away/)
  const refusedWrites = async () =>
    Number(/cmdstat_set:.*rejected_calls=(\d+)/.exec(await operator.info('commandstats'))?.[1] ?? 0)
  // Ours were two; the others are the probes', which are refused as well.
  await vi.waitFor(async () => expect(await refusedWrites()).toBeGreaterThanOrEqual(4), { timeout: 10_000 })
  expect(pipe.breaker.isOpen()).toBe(true)
  await operator.config('SET', 'maxmemory', '0')
  await vi.waitFor(() => expect(pipe.breaker.isOpen()).toBe(false), { timeout: 5_000 })
})

test('however long redis was away, it is tried again within a quarter of a second', async () => {
  const { url, kill } = await freshRedis()
  const redis = connectRedis(url, 'test', testLog)
  onTestFinished(() => redis.disconnect())
  await vi.waitFor(() => redis.ping(), { timeout: 5_000 })
  const pauses: number[] = []
  redis.on('reconnecting', (ms: number) => pauses.push(ms))
  await kill()
  await vi.waitFor(() => expect(pauses.length).toBeGreaterThan(8), { timeout: 10_000 })
  expect(Math.max(...pauses)).toBe(250)
})

test('while redis is down a command fails at once rather than wait for its return', async () => {
  const { url, kill } = await freshRedis()
  const redis = connectRedis(url, 'test', testLog)
  onTestFinished(() => redis.disconnect())
  await vi.waitFor(() => redis.ping(), { timeout: 5_000 })
  await kill()
  await vi.waitFor(() => expect(redis.status).not.toBe('ready'), { timeout: 5_000 })
  const start = performance.now()
  await expect(redis.ping()).rejects.toThrow()
  expect(performance.now() - start).toBeLessThan(200)
})

test('a redis that is nearly full counts as away before it refuses, and is back when it has room again', async () => {
  const { url } = await freshRedis()
  const pipe = openPipeStore(url, 'test', testLog)
  onTestFinished(() => pipe.close())
  const operator = new Redis(url)
  onTestFinished(() => operator.disconnect())
  await vi.waitFor(() => pipe.breaker.run(() => pipe.redis.ping()), { timeout: 5_000 })
  const used = Number(/used_memory:(\d+)/.exec(await operator.info('memory'))?.[1])
  await operator.config('SET', 'maxmemory', String(Math.ceil(used / 0.95)))
  await vi.waitFor(() => expect(pipe.breaker.isOpen()).toBe(true), { timeout: 5_000 })
  expect(await operator.info('commandstats')).not.toMatch(/rejected_calls=[1-9]/)
  await operator.config('SET', 'maxmemory', String(2 * used))
  await vi.waitFor(() => expect(pipe.breaker.isOpen()).toBe(false), { timeout: 5_000 })
})

test.each(['OOM', 'READONLY', 'LOADING', 'MISCONF'])('what redis refused with %s was surely not done', (code) => {
  const refusal = Object.assign(new Error(`${code} said redis`), { name: 'ReplyError' })
  expect(perhapsDone(refusal)).toBe(false)
  expect(perhapsDone(new Error('Command timed out'))).toBe(true)
})

import { expect, test } from 'vitest'
import { testLog } from '../../test/setup/operator-database.ts'
import { freshRedis } from '../../test/setup/stores.ts'
import { readRedisFacts } from './redis-facts.ts'

test('a Redis tells how it is set, how full it is and where its file is', async () => {
  const redis = await freshRedis({ extraArgs: ['--appendfsync', 'everysec', '--maxmemory', '64mb'] })
  expect(await readRedisFacts(redis.url, testLog)).toEqual({
    unsafe: null,
    appendfsync: 'everysec',
    usedBytes: expect.any(Number),
    maxBytes: 64 * 2 ** 20,
    systemBytes: expect.any(Number),
    lastWriteOk: true,
    dir: redis.dir,
  })
})

test('one that evicts is said to be unsafe, and one that is gone does not answer', async () => {
  const redis = await freshRedis({ extraArgs: ['--maxmemory-policy', 'allkeys-lru'] })
  expect((await readRedisFacts(redis.url, testLog)).unsafe).toMatch(/allkeys-lru/)
  await redis.kill()
  await expect(readRedisFacts(redis.url, testLog)).rejects.toThrow('nothing answers')
})

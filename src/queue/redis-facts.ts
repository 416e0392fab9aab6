import { once } from 'node:events'
import type { Logger } from '../logger.ts'
import { connectRedis, findUnsafeSetting } from './redis.ts'

/** A Redis that has not answered by then does not answer. */
const readyMs = 3_000

/** How a Redis is set and how full it is. Throws when it does not answer. What it does not tell is null. */
export async function readRedisFacts(url: string, log: Logger) {
  const redis = connectRedis(url, 'operator', log)
  try {
    await once(redis, 'ready', { signal: AbortSignal.timeout(readyMs) }).catch((err) => {
      throw new Error('nothing answers where REDIS_URL points', { cause: err })
    })
    const info = await redis.info()
    const value = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
    // Hosted ones do not let us ask.
    const setting = async (name: string) =>
      ((await redis.config('GET', name).catch(() => null)) as string[] | null)?.[1] ?? null
    return {
      unsafe: await findUnsafeSetting(redis),
      appendfsync: await setting('appendfsync'),
      usedBytes: Number(value('used_memory')),
      maxBytes: Number(value('maxmemory')),
      systemBytes: Number(value('total_system_memory')),
      lastWriteOk: value('aof_last_write_status') !== 'err',
      dir: isHere(url) ? await setting('dir') : null,
    }
  } finally {
    redis.disconnect()
  }
}

const isHere = (url: string) => ['127.0.0.1', 'localhost', '[::1]', '::1'].includes(new URL(url).hostname)

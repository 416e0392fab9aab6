import { Redis } from 'ioredis'

/** Asks a Redis something, on a connection of its own. */
export async function askRedis<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url)
  try {
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}

/** `used_memory`, in bytes. */
export const usedMemory = (url: string) =>
  askRedis(url, async (redis) => Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))![1]))

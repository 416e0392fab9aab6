import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { signalProcess } from '#src/embedded/process.ts'
import { startRedis } from '#src/embedded/redis.ts'
import type { Outages } from './outages.ts'

/** Redis, to be killed, frozen, wiped and set. */
export async function startRedisServer(folder: string, outages: Outages) {
  const dataDir = join(folder, 'redis')
  let server = await startRedis({ dataDir })
  const { port } = server
  return {
    port,
    signal: (signal: NodeJS.Signals) => signalProcess(server.pid, signal),
    async kill() {
      outages.begin('redis')
      await server.stop('SIGKILL')
    },
    /** What it kept on disk is gone. To be called while it is down. */
    wipe: () => rmSync(join(dataDir, 'appendonlydir'), { recursive: true, force: true }),
    async start(extraArgs: string[] = []) {
      server = await startRedis({ dataDir, port, extraArgs })
      outages.end('redis')
    },
    /** One connection for one errand, past every proxy. */
    async ask<T>(errand: (redis: Redis) => Promise<T>): Promise<T> {
      const redis = new Redis(port, '127.0.0.1', { lazyConnect: true, commandTimeout: 10_000, maxRetriesPerRequest: 3 })
      redis.on('error', () => {})
      await redis.connect()
      try {
        return await errand(redis)
      } finally {
        redis.disconnect()
      }
    },
    async end() {
      signalProcess(server.pid, 'SIGCONT')
      await server.stop('SIGKILL')
    },
  }
}
export type RedisServer = Awaited<ReturnType<typeof startRedisServer>>

import type pg from 'pg'
import { withClient } from '../databases.ts'
import { askRedis, usedMemory } from '../measure/redis-memory.ts'
import { bookPath, many, measureServing } from '../measure/serving.ts'
import { waitFor } from '../measure/wait-for.ts'
import type { Stage } from '../stage.ts'
import type { Contender } from './contender.ts'

export const jobPerRequest: Contender = {
  name: 'job-per-request',
  says: 'one BullMQ job for each request, and a worker that books each in a transaction',
  kind: 'peers',
  redis: true,
  async measure(stage) {
    const redisUrl = stage.redisUrl!
    const { pid } = await stage.startServing('job-per-request', 'bench/peers/job-per-request.ts')
    const memoryBefore = await usedMemory(redisUrl)
    const serving = await measureServing(stage, pid)
    const redisBytesPerRequest = ((await usedMemory(redisUrl)) - memoryBefore) / stage.people()

    // What waits would take the worker a minute: dropped.
    await askRedis(redisUrl, (redis) => redis.flushall())
    await stage.start('job-worker', 'bench/peers/job-worker.ts')
    return withClient(stage.databaseUrl, async (client) => {
      await burst(stage, client, stage.sizes.burst / 4) // the worker is new
      const { takenPerSecond, seconds } = await burst(stage, client, stage.sizes.burst)
      return {
        ...serving,
        redisBytesPerRequest,
        takenPerSecond,
        decidedPerSecond: stage.sizes.burst / seconds,
        burstSeconds: seconds,
      }
    })
  },
}

async function burst(stage: Stage, client: pg.Client, requests: number) {
  const before = await booked(client)
  const taken = await stage.book(bookPath, { loop: 'closed', connections: many, requests })
  const decidedAt = await waitFor(
    async () => (await booked(client)) - before >= taken.accepted,
    'every job of the burst done',
  )
  return { takenPerSecond: taken.acceptedPerSecond, seconds: (decidedAt - taken.firstSentAt) / 1_000 }
}

async function booked(client: pg.Client): Promise<number> {
  const { rows } = await client.query('select count(*)::int as booked from reservations')
  return rows[0].booked
}

import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { lanes } from '../domain/lane.ts'
import type { Logger } from '../logger.ts'
import { queueName, redisPrefix } from './names.ts'

/** Most jobs removed of one lane and kind in a run: the script that removes them holds Redis meanwhile. */
const maxJobs = 1_000

export type TidiedRedis = {
  /** Jobs removed. */
  jobs: number
  /** Batches that the log refused, kept aside for an operator: counted, never removed. */
  refused: number
}

/**
 * Removes what BullMQ keeps of jobs that ended well longer ago than this. One that failed could not be read as a batch: it stays, because
 * it may be the only copy. `redis` fails at once while Redis is away.
 */
export async function tidyRedis(
  { redis, campaigns, log }: { redis: Redis; campaigns: string[]; log: Logger },
  olderThanMs: number,
): Promise<TidiedRedis> {
  let jobs = 0
  for (const campaign of campaigns)
    for (const lane of lanes) {
      // Its settings are intake's to write.
      const queue = new Queue(queueName(campaign, lane), {
        connection: redis,
        prefix: redisPrefix,
        skipMetasUpdate: true,
      })
      queue.on('error', (err) => log.debug({ campaign, lane, err }, 'queue'))
      try {
        jobs += (await queue.clean(olderThanMs, maxJobs, 'completed')).length
      } finally {
        await queue.close()
      }
    }
  return { jobs, refused: await redis.hlen(`${redisPrefix}:refused`) }
}

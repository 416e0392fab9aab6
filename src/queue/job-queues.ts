import { Job, Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Batch } from '../domain/batch.ts'
import { batchText } from '../domain/batch-text.ts'
import type { Lane } from '../domain/lane.ts'
import type { Logger } from '../logger.ts'
import { queueName, redisPrefix } from './names.ts'

/** Events are for watching: a few are kept, because each takes memory that waiting batches need. */
const eventsKept = 100

/** What a job is given: JSON would write the batch a second time, so it sees nothing of it. */
class Written {
  readonly #batch: Batch
  constructor(batch: Batch) {
    this.#batch = batch
  }
  text() {
    return batchText(this.#batch)
  }
  toJSON() {
    return null
  }
}

class BatchJob extends Job<Written> {
  override asJSON() {
    return { ...super.asJSON(), data: this.data.text() }
  }
}

class BatchQueue extends Queue<Written> {
  protected override get Job() {
    return BatchJob as typeof Job
  }
}

/**
 * One BullMQ queue per campaign and lane, one job per batch. The job's id is the batch's, so adding again is adding once; the
 * order is not in the jobs but in the log.
 */
export function createJobQueues(connection: Redis, log: Logger) {
  const queues = new Map<string, BatchQueue>()

  function queueOf(campaign: string, lane: Lane): BatchQueue {
    const name = queueName(campaign, lane)
    let queue = queues.get(name)
    if (!queue) {
      queue = new BatchQueue(name, {
        connection,
        prefix: redisPrefix,
        streams: { events: { maxLen: eventsKept } },
        defaultJobOptions: { removeOnComplete: true, removeOnFail: false, attempts: 1 },
      })
      queue.on('error', (err) => log.debug({ err, queue: name }, 'queue'))
      queues.set(name, queue)
    }
    return queue
  }

  return {
    add: async (batch: Batch) => {
      await queueOf(batch.campaign, batch.lane).add('batch', new Written(batch), { jobId: batch.id })
    },
    /** Batches of one lane. */
    addAll: async (batches: Batch[]) => {
      const [first] = batches
      if (!first) return
      await queueOf(first.campaign, first.lane).addBulk(
        batches.map((batch) => ({ name: 'batch', data: new Written(batch), opts: { jobId: batch.id } })),
      )
    },
    close: async () => {
      await Promise.all([...queues.values()].map((queue) => queue.close()))
    },
  }
}
export type JobQueues = ReturnType<typeof createJobQueues>

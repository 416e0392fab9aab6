import { setTimeout as sleep } from 'node:timers/promises'
import { type Job, type JobJson, WaitingError, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { Batch } from '../domain/batch.ts'
import type { Lane } from '../domain/lane.ts'
import type { Logger } from '../logger.ts'
import { queueName, redisPrefix } from './names.ts'

/** Batches of a lane that wait to be decided together: as many as fill a transaction when they are of 50, as a crowd's are at least. */
const concurrency = 20
/** A closing worker hands over after this long, in seconds. */
export const drainDelaySeconds = 1
/** A killed worker's jobs go to another after about this long. */
const lockDurationMs = 5_000
/** Crashes that a job survives: the effect is in Postgres and keyed, so any number does no harm. */
const maxStalledCount = 1_000_000
/** How long a job waits between two looks at whether its batch is decided (allocation paused, Postgres away). */
const lookAgainMs = 500

/** A job's data stays the text that it is: the batch in it is wanted only where the log lacks it. */
class UnreadWorker extends Worker<string> {
  protected override createJob(json: JobJson, jobId: string) {
    const job = super.createJob({ ...json, data: 'null' }, jobId)
    job.data = json.data
    return job
  }
}

/**
 * A BullMQ worker of one lane: each job is a batch, and a wake-up. A job ends only when a committed read shows its batch decided;
 * if the log lacks it (a Postgres restored from a backup) the batch is put into the spool, and then the job ends.
 */
export function workLane({
  connection,
  campaign,
  lane,
  isDecided,
  spool,
  log,
}: {
  connection: Redis
  campaign: string
  lane: Lane
  /** Has what waits decided. False: not yet, or it cannot be known. Null: the log does not hold it. */
  isDecided: (batchId: string) => Promise<boolean | null>
  spool: (batch: Batch) => Promise<unknown>
  log: Logger
}) {
  let closing = false

  /** False when Redis would not take it: then the job goes on holding it. */
  async function isSpooled(job: Job<string>): Promise<boolean> {
    const batch = Batch.parse(JSON.parse(job.data))
    log.warn({ campaign, lane, batchId: batch.id }, 'the log lacks a batch that redis holds: it goes into the spool')
    return spool(batch).then(
      () => true,
      () => false,
    )
  }

  const worker = new UnreadWorker(
    queueName(campaign, lane),
    async (job, token) => {
      while (!closing) {
        const decided = await isDecided(job.id!)
        if (decided) return
        if (decided === null && (await isSpooled(job))) return
        await sleep(lookAgainMs, undefined, { ref: false })
      }
      await job.moveToWait(token)
      throw new WaitingError() // handed over: this worker closes
    },
    {
      connection,
      prefix: redisPrefix,
      concurrency,
      drainDelay: drainDelaySeconds,
      lockDuration: lockDurationMs,
      stalledInterval: lockDurationMs,
      maxStalledCount,
      removeOnComplete: { count: 0 },
    },
  )
  worker.on('error', (err) => log.debug({ campaign, lane, err }, 'worker'))
  return {
    async close() {
      closing = true
      await worker.close()
    },
  }
}
export type LaneWorker = ReturnType<typeof workLane>

import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch } from '../domain/batch.ts'
import type { Logger } from '../logger.ts'
import { appendBatch } from '../postgres/batches.ts'
import { isRefusal } from '../postgres/errors.ts'
import { type LogStore, type PipeStore, perhapsDone } from './stores.ts'

/**
 * So many batches a drainer logs in one commit. A spool no longer than that is waited for, for a while: as long as every batch joined it,
 * it was hardly ever seen empty, and a second's absence of Postgres was over after ten (150 requests a second, two APIs, two cores).
 */
const shortSpool = 50
const drainPatienceMs = 200
const lookAgainMs = 15

/** Which store has a batch, and, if the log has it, from which number. */
export type Accepted = { by: 'log'; firstNumber: number; acceptedAt: number } | { by: 'spool' }

/** No store took the batch. `perhaps`: one may have, without saying so. */
export class NotAcknowledged extends Error {
  override readonly name = 'NotAcknowledged'
  readonly perhaps: boolean
  constructor(perhaps: boolean) {
    super(perhaps ? 'no store acknowledged in time' : 'no store can be reached')
    this.perhaps = perhaps
  }
}

/**
 * Makes a batch durable before anybody is told that it was accepted. Normal is: the log, which gives the number, then the
 * job. Either store may be away, each is waited for at most 250 ms; Postgres for 400 while Redis is away.
 *
 * The order across stores: a lane whose spool is not empty is appended to at the spool's end, so that a batch accepted later is
 * never logged before one that waits there. A log insert that is late or failed may have happened: the batch is spooled all the
 * same, and found in the log when it is drained.
 */
export function createAcceptBatch({
  logStore,
  pipe,
  drainSoon = () => {},
  log,
}: {
  logStore: LogStore
  pipe: PipeStore | null
  /** Called when a spool is waited for: whoever drains need not wait for its next look. */
  drainSoon?: () => void
  log: Logger
}) {
  return async function acceptBatch(batch: Batch): Promise<Accepted> {
    const patientUntil = performance.now() + drainPatienceMs
    for (;;) {
      const waiting = await spoolLength(batch)
      if (!waiting) return await logThenJob(batch, { redisAnswers: waiting !== null })
      if (waiting <= shortSpool && !logStore.breaker.isDoubtful() && performance.now() < patientUntil) {
        drainSoon()
        await sleep(lookAgainMs)
        continue
      }
      try {
        const answer = await pipe!.breaker.run(() => pipe!.spool.join(batch))
        if (answer === 'spooled') return { by: 'spool' }
        // Drained since: start over.
      } catch (err) {
        // What waits there is passed, and the log must say so; the join may come all the same.
        return await logThenJob(batch, { redisAnswers: false, perhapsSpooled: perhapsDone(err) })
      }
    }
  }

  /** Null when Redis cannot be asked, or there is none. */
  async function spoolLength({ campaign, lane }: Batch): Promise<number | null> {
    if (!pipe) return null
    return pipe.breaker.run(() => pipe.spool.length(campaign, lane)).catch(() => null)
  }

  async function logThenJob(
    batch: Batch,
    { redisAnswers, perhapsSpooled = false }: { redisAnswers: boolean; perhapsSpooled?: boolean },
  ): Promise<Accepted> {
    const redisAway = pipe !== null && !redisAnswers
    try {
      const { firstNumber, acceptedAt } = await logStore.breaker.run(() =>
        appendBatch(logStore.pool, batch, { redisAway, wake: !redisAnswers }),
      )
      if (redisAnswers) await addJob(batch)
      return { by: 'log', firstNumber, acceptedAt }
    } catch (err) {
      if (isRefusal(err)) throw err
      return await spoolOrGiveUp(batch, perhapsSpooled || perhapsDone(err))
    }
  }

  async function addJob(batch: Batch) {
    try {
      await pipe!.breaker.run(() => pipe!.jobs.add(batch))
    } catch (err) {
      // The log has it: the sweep finds it within a second.
      log.debug({ batchId: batch.id, err }, 'job not added')
    }
  }

  async function spoolOrGiveUp(batch: Batch, perhapsAccepted: boolean): Promise<Accepted> {
    if (!pipe) throw new NotAcknowledged(perhapsAccepted)
    try {
      await pipe.breaker.run(() => pipe.spool.append(batch))
      return { by: 'spool' }
    } catch (err) {
      throw new NotAcknowledged(perhapsAccepted || perhapsDone(err))
    }
  }
}
export type AcceptBatch = ReturnType<typeof createAcceptBatch>

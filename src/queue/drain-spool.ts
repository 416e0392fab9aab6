import type { Batch } from '../domain/batch.ts'
import type { Lane } from '../domain/lane.ts'
import type { Logger } from '../logger.ts'
import { appendBatch } from '../postgres/batches.ts'
import { isRefusal } from '../postgres/errors.ts'
import type { LogStore, PipeStore } from './stores.ts'

/**
 * Logs what waits in a lane's spool, from its head, with intake's own statement. A head is removed, if it is still the head, only
 * after its commit, so two may drain at once and either may die at any point. Returns how many batches were logged; throws
 * when a store is away.
 */
export function createDrainSpool({ logStore, pipe, log }: { logStore: LogStore; pipe: PipeStore; log: Logger }) {
  return async function drainSpool(campaign: string, lane: Lane): Promise<number> {
    for (let drained = 0; ; drained += 1) {
      const head = await pipe.breaker.run(() => pipe.spool.head(campaign, lane))
      if (!head) return drained
      const { batch } = head
      if (batch && (await isLogged(batch))) await pipe.breaker.run(() => pipe.jobs.add(batch))
      else await setAside(head)
      await pipe.breaker.run(() => pipe.spool.removeHead(campaign, lane, head.id))
    }
  }

  /** False when the log will never take it, as when its campaign is gone. */
  async function isLogged(batch: Batch): Promise<boolean> {
    try {
      await logStore.breaker.run(() => appendBatch(logStore.pool, batch, { spooled: true, wake: true }))
      return true
    } catch (err) {
      if (!isRefusal(err)) throw err
      log.error({ batchId: batch.id, err }, 'the log refuses a spooled batch')
      return false
    }
  }

  async function setAside(head: { id: string; text: string }) {
    log.error({ batchId: head.id }, 'a spooled batch is kept aside in redis')
    await pipe.breaker.run(() => pipe.spool.keepRefused(head.id, head.text))
  }
}
export type DrainSpool = ReturnType<typeof createDrainSpool>

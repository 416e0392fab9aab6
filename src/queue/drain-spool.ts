import type { Batch } from '../domain/batch.ts'
import type { Lane } from '../domain/lane.ts'
import type { Logger } from '../logger.ts'
import { appendBatch, appendMissing, markPassed } from '../postgres/batches.ts'
import { isRefusal } from '../postgres/errors.ts'
import { transaction } from '../postgres/transaction.ts'
import { bounded } from './bounded.ts'
import type { SpoolHead } from './spool.ts'
import type { LogStore, PipeStore } from './stores.ts'

/** So many batches share one commit: drained one by one, a spool under load grew faster (100 batches/s) than it shrank (40). */
const headsAtOnce = 50
/** Nobody waits for a drain: its commit may take longer than a request's. */
const drainBoundMs = 1_000

/**
 * Logs what waits in a lane's spool, from its head, with intake's own statement. Heads are removed, if they are still the heads, only
 * after their commit, so either of two that drain may die at any point. Returns how many batches were logged; throws when a store is
 * away.
 */
export function createDrainSpool({ logStore, pipe, log }: { logStore: LogStore; pipe: PipeStore; log: Logger }) {
  return async function drainSpool(campaign: string, lane: Lane): Promise<number> {
    for (let drained = 0; ; ) {
      const heads = await inRedis(() => pipe.spool.heads(campaign, lane, headsAtOnce))
      if (heads.length === 0) return drained
      const logged = await logTogether(heads)
      if (logged === 'busy') return drained
      // Wake-ups only: the notification of the insert and the sweep find them as well.
      await inRedis(() => pipe.jobs.addAll(logged)).catch((err) => log.debug({ campaign, lane, err }, 'jobs not added'))
      const ids = heads.map(({ id }) => id)
      drained += await inRedis(() => pipe.spool.removeHeads(campaign, lane, ids))
    }
  }

  /** Those that the log has now. `busy`: another drains this lane. */
  async function logTogether(heads: SpoolHead[]): Promise<Batch[] | 'busy'> {
    const batches = heads.flatMap(({ batch }) => batch ?? [])
    const logged = await logAllOrNone(batches)
    if (logged === 'busy') return 'busy'
    const has = new Set(logged.map(({ id }) => id))
    for (const head of heads) if (!has.has(head.id)) await setAside(head)
    await inPostgres(() => markPassed(logStore.pool, [...has]))
    return logged
  }

  async function logAllOrNone(batches: Batch[]): Promise<Batch[] | 'busy'> {
    try {
      const mine = await inPostgres(() => transaction(logStore.pool, (tx) => appendMissing(tx, batches)))
      return mine ? batches : 'busy'
    } catch (err) {
      if (!isRefusal(err)) throw err
      // One that the log refuses failed them all: one by one, to find which.
      const logged: Batch[] = []
      for (const batch of batches) if (await isLogged(batch)) logged.push(batch)
      return logged
    }
  }

  /** False when the log will never take it, as when its campaign is gone. */
  async function isLogged(batch: Batch): Promise<boolean> {
    try {
      await inPostgres(() => appendBatch(logStore.pool, batch, { spooled: true, wake: true }))
      return true
    } catch (err) {
      if (!isRefusal(err)) throw err
      log.error({ batchId: batch.id, err }, 'the log refuses a spooled batch')
      return false
    }
  }

  async function setAside(head: SpoolHead) {
    log.error({ batchId: head.id }, 'a spooled batch is kept aside in redis')
    await inRedis(() => pipe.spool.keepRefused(head.id, head.text))
  }

  /** Past its breaker: a Redis that counts as away because it is full is emptied by nothing else. */
  function inRedis<T>(work: () => Promise<T>): Promise<T> {
    return bounded(work(), drainBoundMs)
  }

  function inPostgres<T>(work: () => Promise<T>): Promise<T> {
    return logStore.breaker.run(work, drainBoundMs)
  }
}
export type DrainSpool = ReturnType<typeof createDrainSpool>

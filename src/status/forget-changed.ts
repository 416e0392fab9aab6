import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../logger.ts'
import { readPlaces } from '../postgres/places.ts'
import type { Pool } from '../postgres/pool.ts'

/** A store that was away is tried again after this long. */
const againMs = 500
/** So many are remembered while Redis is away; outcomes are kept for 15 minutes, and so are these. */
const maxWaiting = 100_000

/**
 * Tells Redis which reservations changed after they were decided, so that it does not answer for them while Postgres is away. It goes
 * on until Redis has taken it; a process that ends before that has told nobody.
 */
export function startForgetChanged({
  pool,
  forget,
  log,
}: {
  pool: Pool
  /** Asks Redis, bounded in time. */
  forget: (places: { batchId: string; place: number }[]) => Promise<void>
  log: Logger
}) {
  const waiting = new Set<string>()
  const stopping = new AbortController()
  let working: Promise<void> | null = null

  async function work() {
    while (waiting.size > 0) {
      const ids = [...waiting].slice(0, 1_000)
      try {
        const places = await readPlaces(pool, ids)
        await forget(places)
        for (const id of ids) waiting.delete(id)
      } catch (err) {
        log.debug({ err, waiting: waiting.size }, 'redis was not told of changes')
        if (stopping.signal.aborted) break
        await sleep(againMs, undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
    working = null
  }

  return {
    note(ids: string[]) {
      if (waiting.size < maxWaiting) for (const id of ids) waiting.add(id)
      working ??= work()
    },
    /** Tries once more what is left. */
    async close() {
      stopping.abort()
      await working
    },
  }
}

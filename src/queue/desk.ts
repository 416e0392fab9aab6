import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../logger.ts'

/** After a failure that waiting can mend, asked again after this long, doubling up to the longest. */
const shortestPauseMs = 100
const longestPauseMs = 2_000

/**
 * Where one campaign is served: however many wake it, one pass at a time runs, and each wake is answered by a pass that
 * began after it. A pass decides until nothing waits. It never throws: it waits Postgres out.
 */
export function createDesk({
  campaign,
  decideAll,
  log,
}: {
  campaign: string
  decideAll: () => Promise<void>
  log: Logger
}) {
  let running: Promise<void> | null = null
  let next: Promise<void> | null = null
  const stopping = new AbortController()

  async function pass() {
    for (let pauseMs = shortestPauseMs; !stopping.signal.aborted; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        return await decideAll()
      } catch (err) {
        log.warn({ campaign, err }, 'deciding waits: it is tried again')
        await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
  }

  function run(): Promise<void> {
    running = pass().finally(() => {
      running = null
    })
    return running
  }

  return {
    /** Resolves when a pass that began after this call has ended. */
    wake(): Promise<void> {
      if (!running) return run()
      next ??= running.then(() => {
        next = null
        return run()
      })
      return next
    },
    /** Lets the transaction in flight end; takes no further one. */
    async stop() {
      stopping.abort()
      await (next ?? running)
    },
    isStopping: () => stopping.signal.aborted,
  }
}
export type Desk = ReturnType<typeof createDesk>

import type { Logger } from '../logger.ts'

export type Rung = 'normal' | 'deciding-late' | 'redis-away' | 'postgres-away' | 'overloaded' | 'refusing'

/** Something waits and nothing was decided for this long: allocators are away, or cannot keep up. */
const lateAfterMs = 3_000

/** What tells the rung, asked afresh each time. */
export type Signs = {
  postgresAway: () => boolean
  /** False where Redis was never configured. */
  redisAway: () => boolean
  redisConfigured: boolean
  /** Batches wait to be logged: Postgres was away, and new ones still go behind them. */
  spooling: () => boolean
  overloaded: () => boolean
  /** Requests that wait, and how far all lanes have been served. */
  waiting: () => number
  served: () => number
}

/** Which rung of the degradation ladder this process stands on, and since when (epoch ms). Each change is one log line. */
export function createLadder({ signs, now, log }: { signs: Signs; now: () => number; log: Logger }) {
  let rung: Rung = 'normal'
  let since = now()
  let servedLast = signs.served()
  let servedAt = performance.now()

  function find(): Rung {
    const postgres = signs.postgresAway()
    const redis = signs.redisAway()
    if (postgres && (redis || !signs.redisConfigured)) return 'refusing'
    if (signs.overloaded()) return 'overloaded'
    if (postgres) return 'postgres-away'
    if (redis) return 'redis-away'
    if (signs.spooling()) return 'postgres-away'
    const served = signs.served()
    if (served !== servedLast || signs.waiting() === 0) {
      servedLast = served
      servedAt = performance.now()
    }
    return performance.now() - servedAt > lateAfterMs ? 'deciding-late' : 'normal'
  }

  return {
    /** The rung now. Looked at by a timer, so that a change is noted when nobody asks. */
    look(): { rung: Rung; since: number } {
      const found = find()
      if (found !== rung) {
        log.warn({ from: rung, to: found }, 'rung changed')
        rung = found
        since = now()
      }
      return { rung, since }
    },
  }
}
export type Ladder = ReturnType<typeof createLadder>

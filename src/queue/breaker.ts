import type { Logger } from '../logger.ts'
import { bounded, LateAnswer } from './bounded.ts'

/** A store is waited for this long before the request goes another way. */
export const storeBoundMs = 250
/**
 * And this long while the other store is away. With 250 ms for that one before and after it, a batch has its answer within a second; a
 * Postgres that took 100 to 400 ms more for each answer, while Redis was loading its file, had let nobody in for up to three.
 */
export const onlyStoreBoundMs = 400
/** After so many late or failed answers in a row the store is no longer waited for. Those that were waited for together are one. */
const failuresToOpen = 2
/** While open, the store is probed this often, by one probe at a time: no thundering return. */
const probeEveryMs = 250
/** And this often when nobody can be accepted before it answers well. */
const onlyStoreProbeEveryMs = 100

/** The store is not waited for: its last answers were late or failures, and no probe has succeeded since. */
export class StoreAway extends Error {
  override readonly name = 'StoreAway'
}

/**
 * Stands between us and one store. Closed: work is passed on and waited for, for a bounded time. After two late or failed
 * answers it opens: work is refused at once, and a probe asks until the store answers well again. One beside which the other is away
 * is waited for longer.
 */
export function createBreaker({
  store,
  probe,
  isFailure = () => true,
  isOnly = () => false,
  log,
}: {
  store: 'postgres' | 'redis'
  /** Succeeds only when the store can take a write. */
  probe: () => Promise<unknown>
  /** Whether an error says something of the store, rather than of what was asked. A late answer always does. */
  isFailure?: (err: unknown) => boolean
  /** Whether there is no other store, or that one is away. */
  isOnly?: () => boolean
  log: Logger
}) {
  let failures = 0
  let failedAt = Number.NEGATIVE_INFINITY
  let open = false
  let stopped = false
  let probeNow = () => {}

  const patienceMs = () => (isOnly() ? onlyStoreBoundMs : storeBoundMs)

  async function run<T>(work: () => Promise<T>, boundMs = patienceMs()): Promise<T> {
    if (open) throw new StoreAway(`${store} is away`)
    const begunAt = performance.now()
    try {
      const answer = await bounded(work(), boundMs)
      failures = 0
      return answer
    } catch (err) {
      const isOfLast = begunAt < failedAt
      if (!isOfLast && (err instanceof LateAnswer || isFailure(err))) noteFailure(err)
      throw err
    }
  }

  function noteFailure(err: unknown) {
    failures += 1
    failedAt = performance.now()
    if (failures < failuresToOpen || open || stopped) return
    open = true
    log.warn({ store, err }, 'store away: no longer waited for')
    void probeUntilWell()
  }

  async function probeUntilWell() {
    while (open && !stopped) {
      await pause((isOnly() ? onlyStoreProbeEveryMs : probeEveryMs) * (0.5 + Math.random()))
      try {
        await bounded(probe(), patienceMs())
        open = false
        failures = 0
        log.info({ store }, 'store back')
      } catch {
        // Still away: asked again after the pause.
      }
    }
  }

  async function pause(ms: number) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms).unref()
    probeNow = resolve
    await promise
    clearTimeout(timer)
  }

  return {
    run,
    isOpen: () => open,
    /** Whether it is open, or its last answer was late or a failure. */
    isDoubtful: () => open || failures > 0,
    /** Says that the store is away without having asked it, as when a connection breaks. */
    trip: (err: unknown) => {
      failures = failuresToOpen
      noteFailure(err)
    },
    /** Says that the store can be reached again, as when a connection is made: it need not wait for its probe. */
    probeSoon: () => probeNow(),
    close: () => {
      stopped = true
    },
  }
}
export type Breaker = ReturnType<typeof createBreaker>

import { setTimeout as sleep } from 'node:timers/promises'

type Started = { pid: number; exited: Promise<void>; stop(): Promise<void> }

export type Kept<T extends Started> = {
  /** What was started first. */
  first: T
  /** How often it has ended by itself. */
  readonly ends: number
  stop(): Promise<void>
}

const FIRST_PAUSE_MS = 500
const MOST_PAUSE_MS = 10_000
/** One that ran this long is taken for healthy: the next pause is short again. */
const HEALTHY_MS = 30_000

/**
 * Starts something and starts it again whenever it ends by itself, with growing pauses. The first start fails as `start` fails;
 * later ones are told in a line each and tried again.
 */
export async function keepRunning<T extends Started>(
  name: string,
  start: (first?: T) => Promise<T>,
  tell: (line: string) => void,
): Promise<Kept<T>> {
  const stopping = new AbortController()
  const told = new Promise<void>((done) => stopping.signal.addEventListener('abort', () => done()))
  const first = await start()
  let current: T | undefined = first
  let ends = 0

  async function watch() {
    for (let pauseMs = FIRST_PAUSE_MS; ; ) {
      if (current) {
        const since = performance.now()
        await Promise.race([current.exited, told])
        if (stopping.signal.aborted) return
        current = undefined
        ends++
        if (performance.now() - since > HEALTHY_MS) pauseMs = FIRST_PAUSE_MS
        tell(`${name} ended: starting it again in ${pauseMs / 1000} s`)
      }
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS)
      current = await start(first).catch((err: Error) => {
        tell(`${name} does not start: ${err.message}`)
        return undefined
      })
    }
  }
  const watching = watch()

  return {
    first,
    get ends() {
      return ends
    },
    async stop() {
      stopping.abort()
      // A start that is under way ends first.
      await watching
      await current?.stop()
    },
  }
}

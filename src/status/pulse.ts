import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../logger.ts'
import type { Pulse } from '../postgres/pulse.ts'
import type { Board } from './board.ts'
import type { Clock } from './clock.ts'

/** How old the public numbers may get; well under the second for which they are cached. */
const pulseEveryMs = 250
/** The versions of what the campaigns offer, of their registers, and of what is announced, as of a pulse. */
export type Versions = { catalogue: Map<string, number>; register: Map<string, number>; announcement: number | null }

/** Keeps what this process knows of all campaigns fresh: one small query four times a second, whatever the load. */
export function startPulse({
  read,
  clock,
  board,
  follow,
  missed,
  log,
}: {
  /** Asks Postgres, bounded in time. */
  read: () => Promise<Pulse>
  clock: Clock
  board: Board
  /** Called with every pulse; what it loads is waited for at the start only. */
  follow: (versions: Versions) => Promise<void>
  /** Called when Postgres did not answer. */
  missed: () => Promise<void>
  log: Logger
}) {
  const stopping = new AbortController()

  /** Resolves when the numbers are taken over; its answer, when what changed has been loaded. */
  async function beat(): Promise<{ loaded: Promise<void> }> {
    const askedAt = performance.now()
    const { now, announcement, beats } = await read()
    clock.set(now, askedAt)
    board.update(now, beats)
    const loaded = follow({
      catalogue: new Map(beats.map(({ campaign, catalogueVersion }) => [campaign, catalogueVersion])),
      register: new Map(beats.map(({ campaign, registerVersion }) => [campaign, registerVersion])),
      announcement,
    })
    return { loaded: loaded.catch((err) => log.debug({ err }, 'not loaded')) }
  }

  /** Resolves when what the beat, or its absence, asked for has been loaded. */
  async function beatOrMiss(): Promise<{ loaded: Promise<void> }> {
    try {
      return await beat()
    } catch (err) {
      log.debug({ err }, 'no pulse')
      return { loaded: missed().catch((err) => log.debug({ err }, 'nothing to take the place of a pulse')) }
    }
  }

  async function beatForEver() {
    while (!stopping.signal.aborted) {
      await beatOrMiss()
      await sleep(pulseEveryMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  const first = beatOrMiss().then(({ loaded }) => loaded)
  const done = first.then(beatForEver)
  return {
    /** Resolves after the first pulse, whether it came or not. */
    first,
    async close() {
      stopping.abort()
      await done
    },
  }
}

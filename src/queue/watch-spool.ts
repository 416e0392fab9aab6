import { setTimeout as sleep } from 'node:timers/promises'
import { type Lane, lanes } from '../domain/lane.ts'
import type { Logger } from '../logger.ts'
import { bounded } from './bounded.ts'
import { storeBoundMs } from './breaker.ts'
import type { DrainSpool } from './drain-spool.ts'
import type { PipeStore } from './stores.ts'

/** A spool that can be drained waits for at most about this long. */
const lookEveryMs = 500

/** Looks whether batches wait in any lane's spool, and drains what Postgres takes. Every process does, so whoever reaches it will. */
export function watchSpool({
  pipe,
  drainSpool,
  campaigns,
  log,
}: {
  pipe: PipeStore
  drainSpool: DrainSpool
  campaigns: () => string[]
  log: Logger
}) {
  const stopping = new AbortController()
  let spooledBatches = 0
  /** Ends the pause under way, or spares the next. */
  let hurry = () => {}
  let isHurried = false

  async function look() {
    const all = campaigns().flatMap((campaign) => lanes.map((lane) => ({ campaign, lane })))
    const lengths = await bounded(pipe.spool.lengths(all), storeBoundMs)
    spooledBatches = lengths.reduce((sum, length) => sum + length, 0)
    // Side by side: a lane that fills as fast as it is drained keeps no other waiting.
    await Promise.all(all.filter((_, at) => lengths[at]).map(({ campaign, lane }) => drain(campaign, lane)))
  }

  async function drain(campaign: string, lane: Lane) {
    try {
      const count = await drainSpool(campaign, lane)
      spooledBatches -= count
      if (count > 0) log.info({ campaign, lane, count }, 'spool drained into the log')
    } catch (err) {
      log.debug({ campaign, lane, err }, 'spool not drained')
    }
  }

  async function lookForEver() {
    while (!stopping.signal.aborted) {
      isHurried = false
      await look().catch((err) => log.debug({ err }, 'spools not looked at'))
      if (!isHurried) await pause()
    }
  }

  function pause(): Promise<void> {
    const end = new AbortController()
    hurry = () => end.abort()
    const signal = AbortSignal.any([stopping.signal, end.signal])
    return sleep(lookEveryMs * (0.5 + Math.random()), undefined, { signal }).catch(() => {})
  }
  const done = lookForEver()

  return {
    /** How many batches waited in all spools at the last look. */
    spooledBatches: () => Math.max(0, spooledBatches),
    /** Looks now rather than at the end of the pause. */
    lookSoon() {
      isHurried = true
      hurry()
    },
    async close() {
      stopping.abort()
      await done
    },
  }
}
export type SpoolWatch = ReturnType<typeof watchSpool>

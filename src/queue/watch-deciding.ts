import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../logger.ts'
import type { Pool } from '../postgres/pool.ts'
import { isCampaignFree, readUndecided } from '../postgres/writers.ts'

/** How often it is looked whether something waits and nothing moves, and after how many such looks in a row: longer than a statement may take. */
const lookEveryMs = 3_000
const looksBeforeEnd = 5

/**
 * The watchdog of an allocator. It calls `end` when, look after look, something waits in a campaign that nobody has paused and whose
 * lock is free, and its serving number does not move: then this process is stuck in a way that nobody has thought of, and a new one
 * will do better. It asks by connections of its own, because those that decide may be what is stuck.
 *
 * `end` is not called while Postgres cannot be asked, while another holds the campaign, or when Postgres has refused a transaction
 * (`excuse`), as with a full disk: a new process would do no better. Looks are counted, not time, so that one that was frozen as a
 * whole and thaws has its chance.
 */
export function watchDeciding({
  pool,
  end,
  log,
  everyMs = lookEveryMs,
}: {
  pool: Pool
  end: () => void
  log: Logger
  everyMs?: number
}) {
  const stopping = new AbortController()
  let stuck = new Map<string, { served: number; looks: number }>()

  async function look(): Promise<void> {
    const before = stuck
    const seen: typeof stuck = new Map()
    for (const { campaign, served } of await readUndecided(pool)) {
      const known = before.get(campaign)
      const isStill = known?.served === served && (await isCampaignFree(pool, campaign))
      seen.set(campaign, { served, looks: isStill ? known.looks + 1 : 0 })
    }
    // Excused meanwhile: begin anew.
    if (stuck === before) stuck = seen
  }

  async function lookForEver() {
    while (!stopping.signal.aborted) {
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      await look().catch((err) => {
        stuck = new Map()
        log.debug({ err }, 'watchdog cannot look')
      })
      const found = [...stuck].find(([, { looks }]) => looks >= looksBeforeEnd)
      if (!found) continue
      log.fatal({ campaign: found[0] }, 'nothing is decided though it could be: leaving, to be started again')
      return end()
    }
  }
  const done = lookForEver()

  return {
    /** Postgres itself refused what would have been decided. */
    excuse: () => {
      stuck = new Map()
    },
    async close() {
      stopping.abort()
      await done
    },
  }
}

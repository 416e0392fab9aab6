import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../system/book.ts'
import { send } from '../system/send.ts'
import type { Stack } from './stack.ts'

const lookEveryMs = 100
/** An API that does not say how it is within this time is not well. */
const answerMs = 400

/** How the service was at one moment. */
type Look = { at: number; rungs: string[]; waiting: number; isNormal: boolean }

/**
 * Looks ten times a second how the service is: what rung each API says it stands on, and how many requests wait. Normal is the rung
 * `normal` everywhere, nothing spooled, and less than a second's worth of requests waiting.
 */
export function startWatch(
  { apis, pool }: Stack,
  { campaigns, perSecond }: { campaigns: string[]; perSecond: number },
) {
  const looks: Look[] = []
  let stopped = false

  async function look(): Promise<Look> {
    const at = now()
    const [waiting, ...rungs] = await Promise.all([countWaiting(), ...apis.map(({ url }) => readRung(url))])
    return { at, rungs, waiting, isNormal: rungs.every((rung) => rung === 'normal') && waiting < perSecond }
  }

  async function countWaiting(): Promise<number> {
    const { rows } = await pool
      .query(
        `select sum(accepted_number - serving_number)::int as waiting
           from lanes join lane_progress using (campaign_id, lane) where campaign_id = any($1)`,
        [campaigns],
      )
      .catch(() => ({ rows: [{ waiting: Number.POSITIVE_INFINITY }] }))
    return rows[0].waiting
  }

  async function lookForEver() {
    while (!stopped) {
      looks.push(await look())
      await sleep(lookEveryMs)
    }
  }
  const done = lookForEver()

  return {
    /** Since when it has been normal without a break, if it has been so for so long; else null. */
    normalSince(heldMs: number): number | null {
      const broken = looks.findLastIndex(({ isNormal }) => !isNormal)
      const first = looks[broken + 1]
      return first && now() - first.at >= heldMs ? first.at : null
    },
    /** Each change of what was seen, for the report. */
    changes: () => looks.filter(({ rungs }, n) => String(rungs) !== String(looks[n - 1]?.rungs)),
    async stop(): Promise<void> {
      stopped = true
      await done
    },
  }
}
export type Watch = ReturnType<typeof startWatch>

async function readRung(url: string): Promise<string> {
  const reply = await send(`${url}/status`, { limitMs: answerMs }).catch(() => null)
  if (reply?.status !== 200) return 'silent'
  const { rung, spooledBatches } = JSON.parse(reply.text)
  return rung === 'normal' && spooledBatches > 0 ? 'spooling' : rung
}

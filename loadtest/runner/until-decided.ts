import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

const Progress = z.object({ acceptedNumber: z.number(), servingNumber: z.number(), asOf: z.string() })
export type Progress = z.infer<typeof Progress>
const Status = z.object({ spooledBatches: z.number() })

const lookEveryMs = 500
/** When nothing has been decided for so long while somebody waits, nothing will be. */
const stalledMs = 15_000
/** "Now serving" is as of up to a second ago, the database's clock may differ from ours by as much. */
const staleMs = 2_500

/** The public progress; null when it cannot be had. */
export async function readProgress(url: string, campaign: string): Promise<Progress | null> {
  return Progress.safeParse(await getJson(`${url}/v1/campaigns/${campaign}/progress`)).data ?? null
}

/**
 * Waits, as anybody can, until all who were accepted by now are decided: what is spooled is logged, and "now serving" has reached
 * the last number. Resolves to null, or to what is wrong when nothing moves any more.
 */
export async function untilDecided(url: string, campaign: string, stopped: AbortSignal): Promise<string | null> {
  await sleep(staleMs, undefined, { signal: stopped })
  let last: number | null = null
  let served = -1
  for (let movedAt = performance.now(); performance.now() - movedAt < stalledMs; ) {
    const progress = await readProgress(url, campaign)
    if (progress && progress.servingNumber > served) {
      served = progress.servingNumber
      movedAt = performance.now()
    }
    if (progress && last === null) {
      const spooled = Status.safeParse(await getJson(`${url}/status`)).data?.spooledBatches
      // Once the spool is empty, the highest number there is includes them.
      if (spooled === 0) last = progress.acceptedNumber
    }
    if (last !== null && served >= last) return null
    await sleep(lookEveryMs, undefined, { signal: stopped })
  }
  return last === null
    ? 'the service does not say how far it is'
    : `${last - served} of ${last} are not decided, and nothing has moved for ${stalledMs / 1_000} s`
}

async function getJson(url: string): Promise<unknown> {
  try {
    return await (await fetch(url, { signal: AbortSignal.timeout(5_000) })).json()
  } catch {
    return null
  }
}

import { setTimeout as sleep } from 'node:timers/promises'

const lookEveryMs = 20

/** Looks again and again until there is something other than null, undefined or false; throws when that takes too long. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  limitMs = 15_000,
): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    const found = await look()
    if (found !== null && found !== undefined && found !== false) return found
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`)
    await sleep(lookEveryMs)
  }
}

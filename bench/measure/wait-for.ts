import { setTimeout as sleep } from 'node:timers/promises'

const lookEveryMs = 20
const limitMs = 180_000

/** Asks until the answer is yes. Resolves to when it was, in epoch ms. */
export async function waitFor(isSo: () => Promise<boolean>, what: string, everyMs = lookEveryMs): Promise<number> {
  const end = performance.now() + limitMs
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`${what}: not after ${limitMs / 1_000} s`)
    await sleep(everyMs)
  }
  return Date.now()
}

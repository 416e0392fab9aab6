import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../errors.ts'

const READY_LIMIT_MS = 60_000

/** Waits until `/readyz` answers 200. `check` is called before every try and throws when waiting has no sense any more. */
export async function waitUntilReady(apiUrl: string, check: () => void): Promise<void> {
  const end = performance.now() + READY_LIMIT_MS
  while ((await statusOf(`${apiUrl}/readyz`)) !== 200) {
    check()
    if (performance.now() > end) throw new UserError(`The API was not ready after ${READY_LIMIT_MS / 1000} s`)
    await sleep(50)
  }
}

/** The status that a GET answers; 0 when there is no answer. */
export async function statusOf(url: string): Promise<number> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    await answer.body?.cancel()
    return answer.status
  } catch {
    return 0
  }
}

import { setTimeout as sleep } from 'node:timers/promises'

const lookEveryMs = 50
const limitMs = 30_000

type Status = { rung: string; intake: string }

const readStatus = async (port: number): Promise<Status> =>
  (await fetch(`http://127.0.0.1:${port}/status`, { signal: AbortSignal.timeout(limitMs) })).json() as Promise<Status>

/** Looks at `/status` until told to stop: what was seen, and how long the slowest answer took, in ms. */
export function watchStatus(port: number): () => Promise<{ seen: string[]; slowestMs: number }> {
  let over = false
  const seen = new Set<string>()
  let slowestMs = 0
  const watched = (async () => {
    while (!over) {
      const askedAt = performance.now()
      const { rung, intake } = await readStatus(port)
      slowestMs = Math.max(slowestMs, performance.now() - askedAt)
      seen.add(`${rung}, ${intake}`)
      await sleep(lookEveryMs)
    }
    return { seen: [...seen], slowestMs }
  })()
  // Whoever stops it is told.
  watched.catch(() => {})
  return () => {
    over = true
    return watched
  }
}

/** Seconds until the service says that all is normal again. */
export async function secondsToNormal(port: number): Promise<number> {
  const startedAt = performance.now()
  for (;;) {
    const { rung, intake } = await readStatus(port)
    const ms = performance.now() - startedAt
    if (rung === 'normal' && intake === 'open') return ms / 1_000
    if (ms > limitMs) return Number.POSITIVE_INFINITY
    await sleep(lookEveryMs)
  }
}

import type { LoadResult } from './load.ts'

/** Counts answers and keeps their latencies. */
export function createTally() {
  const latencies: number[] = []
  const refused: Record<string, number> = {}
  let sent = 0
  const firstSentAt = performance.now()

  return {
    sent: () => {
      sent += 1
    },
    /** An answer to what was sent, or was to be sent, at `since` (ms). Status 0: none came. */
    answered(status: number, since: number) {
      if (status >= 200 && status < 300) latencies.push(performance.now() - since)
      else refused[status] = (refused[status] ?? 0) + 1
    },
    result(): LoadResult {
      const lastAnsweredAt = performance.now()
      const sorted = Float64Array.from(latencies).sort()
      const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
      return {
        sent,
        accepted: sorted.length,
        refused,
        firstSentAt: performance.timeOrigin + firstSentAt,
        lastAnsweredAt: performance.timeOrigin + lastAnsweredAt,
        acceptedPerSecond: sorted.length / ((lastAnsweredAt - firstSentAt) / 1_000),
        p50Ms: quantile(0.5),
        p99Ms: quantile(0.99),
        maxMs: sorted.at(-1) ?? 0,
      }
    },
  }
}
export type Tally = ReturnType<typeof createTally>

import type { LoadResult } from './load.ts'

/** Counts answers and keeps their latencies. */
export function createTally() {
  const latencies: number[] = []
  const refusedLatencies: number[] = []
  const refused: Record<string, number> = {}
  let sent = 0
  const firstSentAt = performance.now()
  const cpuBefore = process.cpuUsage()

  return {
    sent: () => {
      sent += 1
    },
    /** An answer to what was sent, or was to be sent, at `since` (ms). Status 0: none came. */
    answered(status: number, since: number) {
      const latency = performance.now() - since
      if (status >= 200 && status < 300) {
        latencies.push(latency)
        return
      }
      refused[status] = (refused[status] ?? 0) + 1
      refusedLatencies.push(latency)
    },
    result(): LoadResult {
      const lastAnsweredAt = performance.now()
      const { user, system } = process.cpuUsage(cpuBefore)
      const sorted = Float64Array.from(latencies).sort()
      const sortedRefused = Float64Array.from(refusedLatencies).sort()
      return {
        sent,
        accepted: sorted.length,
        refused,
        firstSentAt: performance.timeOrigin + firstSentAt,
        lastAnsweredAt: performance.timeOrigin + lastAnsweredAt,
        acceptedPerSecond: sorted.length / ((lastAnsweredAt - firstSentAt) / 1_000),
        p50Ms: quantile(sorted, 0.5),
        p99Ms: quantile(sorted, 0.99),
        maxMs: sorted.at(-1) ?? 0,
        refusedP99Ms: quantile(sortedRefused, 0.99),
        cpuSeconds: (user + system) / 1e6,
      }
    },
  }
}
export type Tally = ReturnType<typeof createTally>

const quantile = (sorted: Float64Array, share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0

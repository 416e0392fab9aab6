import { now } from '../system/book.ts'

/** What can be out of use: a store, a process, or the way from a process to a store or from the clients to an API. */
export type Part = string
export type Outage = { part: Part; from: number; to: number | null }

/** What was out of use, from when to when, in epoch ms of the monotonic clock. Several causes of one part may overlap. */
export function createOutages() {
  let all: Outage[] = []
  return {
    begin(part: Part): void {
      all.push({ part, from: now(), to: null })
    },
    /** Ends the one that began first. */
    end(part: Part): void {
      const open = all.find((outage) => outage.part === part && outage.to === null)
      if (open) open.to = now()
    },
    /** All of them since this was last asked. */
    take(): Outage[] {
      const taken = all
      all = []
      return taken
    },
  }
}
export type Outages = ReturnType<typeof createOutages>

export const link = (from: string, to: string): Part => `${from}>${to}`

/**
 * When nobody could be accepted, whatever we do: no API in reach of the clients had a store in reach. In order, without overlaps.
 */
export function findNoIntake(outages: Outage[], apis: string[], until: number): Interval[] {
  const moments = [...new Set(outages.flatMap(({ from, to }) => [from, to ?? until]))].toSorted((a, b) => a - b)
  const found: Interval[] = []
  for (const [n, from] of moments.entries()) {
    const to = moments[n + 1]
    if (to === undefined) break
    const down = new Set(
      outages.filter((outage) => outage.from <= from && (outage.to ?? until) >= to).map(({ part }) => part),
    )
    const reaches = (api: string, store: string) => !down.has(store) && !down.has(link(api, store))
    const accepts = (api: string) =>
      !down.has(api) && !down.has(link('clients', api)) && ['redis', 'postgres'].some((store) => reaches(api, store))
    if (apis.some(accepts)) continue
    const last = found.at(-1)
    if (last?.to === from) last.to = to
    else found.push({ from, to })
  }
  return found
}

export type Interval = { from: number; to: number }

/** The longest time between two instants that follow each other, without what lies in `excused`, which may overlap. */
export function longestGap(instants: number[], excused: Interval[]): number {
  const sorted = instants.toSorted((a, b) => a - b)
  const merged = merge(excused)
  let longest = 0
  for (const [n, to] of sorted.entries()) {
    if (n === 0) continue
    const from = sorted[n - 1]!
    const within = merged.map((one) => Math.max(0, Math.min(to, one.to) - Math.max(from, one.from)))
    longest = Math.max(longest, to - from - within.reduce((sum, ms) => sum + ms, 0))
  }
  return longest
}

/** The same, in order and without overlaps. */
function merge(intervals: Interval[]): Interval[] {
  const merged: Interval[] = []
  for (const { from, to } of intervals.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else merged.push({ from, to })
  }
  return merged
}

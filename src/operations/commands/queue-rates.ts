import type { QueueDepth } from '../../postgres/queues.ts'

/** Rates are measured over this long: long enough to be calm, short enough to show a change. */
const windowMs = 5_000

/** A lane with what happens in it per second; null before there are two looks. */
export type MovingLane = QueueDepth & {
  acceptedPerSecond: number | null
  decidedPerSecond: number | null
  /** When nothing will wait any more at this rate, in seconds; null while it grows or nobody knows. */
  emptyInSeconds: number | null
}

type Look = { at: number; lanes: Map<string, QueueDepth> }

/** Tells from one look to the next how fast lanes move. `at` in ms of a clock that does not step. */
export function createRates() {
  let looks: Look[] = []

  return function measure(depths: QueueDepth[], at: number): MovingLane[] {
    looks = looks.filter((look) => look.at > at - windowMs)
    const first = looks[0]
    looks.push({ at, lanes: new Map(depths.map((depth) => [keyOf(depth), depth])) })
    return depths.map((depth) => {
      const before = first?.lanes.get(keyOf(depth))
      if (!first || !before) return { ...depth, acceptedPerSecond: null, decidedPerSecond: null, emptyInSeconds: null }
      const seconds = (at - first.at) / 1_000
      const acceptedPerSecond = (depth.acceptedNumber - before.acceptedNumber) / seconds
      const decidedPerSecond = (depth.servingNumber - before.servingNumber) / seconds
      const shrinking = decidedPerSecond - acceptedPerSecond
      const emptyInSeconds = depth.waiting === 0 ? 0 : shrinking > 0 ? Math.ceil(depth.waiting / shrinking) : null
      return { ...depth, acceptedPerSecond, decidedPerSecond, emptyInSeconds }
    })
  }
}

const keyOf = ({ campaign, lane }: QueueDepth) => `${campaign} ${lane}`

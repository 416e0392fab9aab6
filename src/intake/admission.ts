import type { Lane } from '../domain/lane.ts'
import { Problem } from '../errors.ts'

/** Who is accepted is answered within about this long: so many may be under way as are accepted in that time. */
const targetMs = 40
/** So many may be under way at any rate, but in a crowd: a full batch. */
const minUnderWay = 512
/** The event loop never rests when it is busy for more than this share of the time. */
const busyShare = 0.985
/** In a crowd there are fewer places at each look, down to so many; else more again. */
const [shrink, grow, fewest] = [0.6, 1.02, 32]
/** Agents have this many places of their own, which neither a web rush nor an institution's file can take. */
const reservedForAgents = 200
/** What is said to who has no place. */
export const noPlace = {
  detail: 'More requests arrive than can be taken. This one was not accepted.',
  retryAfterSeconds: 3,
}
/** Longest wait in the queue, in seconds, that is worth a place in it. */
const maxWaitSeconds = 3_600
/** Who was refused so long ago still counts as being refused, for `/status`. */
const sheddingMs = 2_000
/** How often it is looked, and how fast the measured rate follows: two thirds of it are of the last second. Both in ms. */
const measureEveryMs = 20
const rememberMs = 1_000

/**
 * How many requests may be under way at once. It follows what is measured, not a number set by hand: by Little's law those under way
 * are the rate times the time each takes, so a limit of rate × target keeps the time at the target, whatever this machine can do. To
 * refuse takes time as well: while people are refused and the event loop never rests, there are fewer places, for else the accepted
 * would wait behind the refused.
 */
export function createAdmission({
  isOverloaded,
  waitSeconds,
  busy = measureBusy(),
}: {
  /** The event loop is late. */
  isOverloaded: () => boolean
  /** The estimated wait of who is accepted now into a lane of a campaign; null when it cannot be known. */
  waitSeconds: (campaign: string, lane: Lane) => number | null
  /** The share of the time since it was last asked in which the event loop was busy. */
  busy?: () => number
}) {
  let underWay = 0
  let accepted = 0
  let perSecond = 0
  let places = minUnderWay
  let refusedAt = Number.NEGATIVE_INFINITY

  let lookedAt = performance.now()

  const timer = setInterval(() => {
    // A busy event loop comes late to it.
    const elapsedMs = performance.now() - lookedAt
    lookedAt += elapsedMs
    perSecond += Math.min(1, elapsedMs / rememberMs) * ((accepted * 1_000) / elapsedMs - perSecond)
    accepted = 0
    const most = Math.max(minUnderWay, (perSecond * targetMs) / 1_000)
    const isCrowded = performance.now() - refusedAt <= elapsedMs
    const isBusy = busy() > busyShare
    places = isCrowded && isBusy ? Math.max(fewest, places * shrink) : Math.min(most, places * grow)
  }, measureEveryMs).unref()

  const hasPlace = (lane: Lane) =>
    lane === 'agent' ? underWay < places + reservedForAgents : underWay < places && !isOverloaded()

  function refuse(detail: string, retryAfterSeconds: number): never {
    refusedAt = performance.now()
    throw new Problem('unavailable', detail, { retryAfterSeconds })
  }

  return {
    /** Throws a Problem `unavailable`, surely not accepted, when there is no place. Asked before a body is read. */
    check(campaign: string, lane: Lane): void {
      if (!hasPlace(lane)) refuse(noPlace.detail, noPlace.retryAfterSeconds)
      if ((waitSeconds(campaign, lane) ?? 0) > maxWaitSeconds)
        refuse('The queue is longer than an hour. This request was not accepted.', 60)
    },
    /** Whether one more of the web lane has no place: who asks this refuses it. */
    turnsAway(): boolean {
      if (hasPlace('web')) return false
      refusedAt = performance.now()
      return true
    },
    /** Does the work of a request, which has its place meanwhile. */
    async run<T>(work: () => Promise<T>): Promise<T> {
      underWay += 1
      try {
        const answer = await work()
        accepted += 1
        return answer
      } finally {
        underWay -= 1
      }
    },
    /** Whether somebody was refused in the last two seconds for want of a place. */
    isShedding: () => performance.now() - refusedAt < sheddingMs,
    close: () => clearInterval(timer),
  }
}
export type Admission = ReturnType<typeof createAdmission>

function measureBusy(): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}

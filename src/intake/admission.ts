import type { Lane } from '../domain/lane.ts'
import { Problem } from '../errors.ts'

/** In a crowd, who is accepted is answered within about this long: so many may be under way as are accepted in that time. */
const targetMs = 30
/** So many may be under way at any rate, but in a crowd: a full batch. */
const minUnderWay = 512
/** In a crowd there are at least so many places, so that it never stops taking people. */
const fewest = 32
/**
 * So many may be under way just after the event loop stood still, when all who came meanwhile are there at once: to refuse them would be
 * late, and they are no crowd. It stood still when it came so late to a look, and it is just after for so long. Both in ms.
 */
const [mostAfterStall, stallMs, afterStallMs] = [1_024, 80, 100]
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
/** It is a crowd for so long after somebody found no place. */
const crowdMs = 1_000
/** How often it is looked, and how fast the measured rate follows: two thirds of it are of the last quarter second. Both in ms. */
const measureEveryMs = 20
const rememberMs = 250

/**
 * How many requests may be under way at once. It follows what is measured, not a number set by hand: by Little's law those under way
 * are the rate times the time each takes, so in a crowd a limit of rate × target keeps the time at the target, whatever this machine can
 * do and whatever the refusals leave of it. The target is longer than an answer takes that waits for nobody, so the limit grows until the rate
 * does not.
 */
export function createAdmission({
  isOverloaded,
  waitSeconds,
}: {
  /** The event loop is late. */
  isOverloaded: () => boolean
  /** The estimated wait of who is accepted now into a lane of a campaign; null when it cannot be known. */
  waitSeconds: (campaign: string, lane: Lane) => number | null
}) {
  let underWay = 0
  let accepted = 0
  let perSecond = 0
  let refusedAt = Number.NEGATIVE_INFINITY
  let crowdedAt = Number.NEGATIVE_INFINITY
  let stalledAt = Number.NEGATIVE_INFINITY
  let lookedAt = performance.now()

  const timer = setInterval(() => {
    const now = performance.now()
    const elapsedMs = now - lookedAt
    lookedAt = now
    perSecond += Math.min(1, elapsedMs / rememberMs) * ((accepted * 1_000) / elapsedMs - perSecond)
    accepted = 0
    if (elapsedMs > stallMs) stalledAt = now
  }, measureEveryMs).unref()

  function places(): number {
    const now = performance.now()
    const steady = Math.round((perSecond * targetMs) / 1_000)
    if (now - crowdedAt < crowdMs) return Math.max(fewest, steady)
    return Math.max(now - stalledAt < afterStallMs ? mostAfterStall : minUnderWay, steady)
  }

  const hasPlace = (lane: Lane, taken = underWay) =>
    lane === 'agent' ? taken < places() + reservedForAgents : taken < places() && !isOverloaded()

  function noteCrowd() {
    crowdedAt = performance.now()
    refusedAt = crowdedAt
  }

  function refuse(detail: string, retryAfterSeconds: number): never {
    refusedAt = performance.now()
    throw new Problem('unavailable', detail, { retryAfterSeconds })
  }

  return {
    /**
     * Throws a Problem `unavailable`, surely not accepted, when there is no place or the queue is too long. Asked before a body is read.
     * `isExpected`: has waited for its turn, and keeps the place that it had then.
     */
    check(campaign: string, lane: Lane, { isExpected = false } = {}): void {
      if (!isExpected && !hasPlace(lane)) {
        noteCrowd()
        refuse(noPlace.detail, noPlace.retryAfterSeconds)
      }
      if ((waitSeconds(campaign, lane) ?? 0) > maxWaitSeconds)
        refuse('The queue is longer than an hour. This request was not accepted.', 60)
    },
    /** Whether one more of the web lane has no place, where so many wait for their turn: who asks this refuses it. */
    turnsAway(waiting: number): boolean {
      if (hasPlace('web', underWay + waiting)) return false
      noteCrowd()
      return true
    },
    /** How many of those who wait for their turn have no place any more. */
    excess: (waiting: number) => Math.min(waiting, Math.max(0, underWay + waiting - places())),
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

import { maxBatchRequests } from '../domain/batch.ts'
import { type Lane, lanes } from '../domain/lane.ts'
import type { Work } from '../postgres/writers.ts'

/**
 * Most requests in one transaction. Beside 500 at a time each costs a tenth less of Postgres and a quarter less of the allocator, and 2,000
 * gain little more; and as long as one takes, the other lanes wait.
 */
export const maxTurnRequests = 2 * maxBatchRequests

type LaneWork = { lane: Lane; servingNumber: number; acceptedNumber: number }

/**
 * Whose turn it is: lanes that have something waiting take turns, agent first. So an agent's request waits for at most two
 * transactions, however long the web lane is, and no lane starves another.
 */
export function nextLane(work: LaneWork[], last: Lane | undefined): LaneWork | null {
  const start = last ? lanes.indexOf(last) + 1 : 0
  for (let step = 0; step < lanes.length; step += 1) {
    const lane = lanes[(start + step) % lanes.length]
    const found = work.find((one) => one.lane === lane)
    if (found && found.acceptedNumber > found.servingNumber) return found
  }
  return null
}

/** An allocator that decided so recently is at work. */
const atWorkMs = 1_000

/**
 * Whether to leave a campaign to the allocator that is working on it. Two that take turns on a backlog make each other read the
 * slots again every time; one that goes on alone has them in memory. With little waiting, whoever was woken decides.
 */
export function leaveToAnother(work: Work, self: string): boolean {
  const { allocator, idleMs } = work
  if (allocator === null || allocator === self || idleMs > atWorkMs) return false
  return countWaiting(work) > maxTurnRequests
}

/** Requests that wait, in all lanes. */
export const countWaiting = ({ lanes }: Pick<Work, 'lanes'>): number =>
  lanes.reduce((sum, { acceptedNumber, servingNumber }) => sum + acceptedNumber - servingNumber, 0)

/** Requests that were decided, in all lanes. */
export const countDecided = ({ lanes }: Pick<Work, 'lanes'>): number =>
  lanes.reduce((sum, { servingNumber }) => sum + servingNumber, 0)

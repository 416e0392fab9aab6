import { randomUUID } from 'node:crypto'
import { type Batch, maxBatchRequests, type QueuedRequest } from '../domain/batch.ts'
import type { Lane } from '../domain/lane.ts'
import { Problem } from '../errors.ts'

/** Requests of one lane that may wait for the writes under way. At 10,000 a second the last of them waits two seconds. */
export const maxWaitingRequests = 20_000

/**
 * A batch costs the machine some 4 ms of processor whatever is in it, here, in both stores and where it is decided: 400 batches a second,
 * of two requests each, kept two cores busy. The next leaves when there are enough requests for it, or so long after the last one left, in
 * ms.
 */
export const [enoughRequests, apartMs] = [50, 10]
/**
 * Then it waits for those who come with them, turn by turn of the event loop: until a turn brings nobody, there are so many, or for so long,
 * in ms. A crowd that is let in a few a turn makes large batches; the stores take twice the time for batches of 48.
 */
export const [waveRequests, waveMs] = [250, 15]

/**
 * Batches under way at the same time. The second leaves only with a wave that waits: a crowd's writes take longer than it takes to hear the
 * crowd, and intake stood still for a third of them. Either may be logged first, as those of two processes; who was told of one is never in
 * the other.
 */
export const maxUnderWay = 2

/** Where a request was put, and what the write answered. */
export type Placed<Answer> = { batchId: string; place: number; result: PromiseSettledResult<Answer> }

type Waiting<Answer> = { request: QueuedRequest; receivedAt: number; placed: (placed: Placed<Answer>) => void }

/**
 * Group commit for one lane: requests that arrive while a write is under way, or just after it left, travel together as the next batch, at
 * its end or when they are a wave; a lone request leaves at once. A batch id is made once, whatever becomes of the write. A batch was received
 * when its first request was: who came before a campaign closed is not late for having waited here.
 */
export function createBatcher<Answer>({
  campaign,
  lane,
  write,
}: {
  campaign: string
  lane: Lane
  write: (batch: Batch) => Promise<Answer>
}) {
  let waiting: Waiting<Answer>[] = []
  let leaving: Promise<void> | null = null
  let underWay = 0
  /** When the last batch left. */
  let leftAt = Number.NEGATIVE_INFINITY
  let leaveNow = () => {}
  /** For who waits until the next may leave: a write has ended, or a wave waits. */
  let lookAgain = () => {}

  async function leaveAll() {
    while (waiting.length > 0) {
      await untilDue()
      await untilWaveIsIn()
      void leave()
      await untilNextMayLeave()
    }
    leaving = null
  }

  async function leave() {
    leftAt = performance.now()
    const those = waiting.slice(0, maxBatchRequests)
    waiting = waiting.slice(maxBatchRequests)
    const batch: Batch = {
      id: randomUUID(),
      campaign,
      lane,
      receivedAt: Math.floor(those[0]!.receivedAt),
      requests: those.map(({ request }) => request),
    }
    underWay += 1
    const [result] = await Promise.allSettled([Promise.try(write, batch)])
    underWay -= 1
    for (const [place, { placed }] of those.entries()) placed({ batchId: batch.id, place, result })
    lookAgain()
  }

  /** Resolves when no batch is under way, or when a wave waits and one more may be. */
  function untilNextMayLeave() {
    return new Promise<void>((mayLeave) => {
      lookAgain = () => {
        if (underWay === 0 || (underWay < maxUnderWay && waiting.length >= waveRequests)) mayLeave()
      }
      lookAgain()
    })
  }

  /** Resolves when a batch is due, or there are enough for one. */
  async function untilDue() {
    const restMs = leftAt + apartMs - performance.now()
    if (restMs <= 0 || waiting.length >= enoughRequests) return
    await new Promise<void>((due) => {
      const timer = setTimeout(due, restMs)
      leaveNow = () => {
        clearTimeout(timer)
        due()
      }
    })
  }

  /** Resolves when nobody came in a turn of the event loop, or enough have come turn by turn. */
  async function untilWaveIsIn() {
    const beganAt = performance.now()
    let had: number
    do {
      had = waiting.length
      await new Promise((resolve) => setImmediate(resolve))
    } while (waiting.length > had && waiting.length < waveRequests && performance.now() - beganAt < waveMs)
  }

  return {
    /**
     * Resolves, never rejects, when the batch that holds the request was written or not. Throws when too many wait. `receivedAt`: epoch ms of the
     * database's clock.
     */
    add(request: QueuedRequest, receivedAt: number): Promise<Placed<Answer>> {
      if (waiting.length >= maxWaitingRequests)
        throw new Problem('unavailable', 'More requests arrive than can be written down. This one was not accepted.', {
          retryAfterSeconds: 2,
        })
      return new Promise((placed) => {
        waiting.push({ request, receivedAt, placed })
        leaving ??= leaveAll()
        if (waiting.length === enoughRequests) leaveNow()
        if (waiting.length === waveRequests) lookAgain()
      })
    },
    /** Resolves when nothing waits any more. */
    flushed: async () => {
      while (leaving) await leaving
    },
  }
}
export type Batcher<Answer> = ReturnType<typeof createBatcher<Answer>>

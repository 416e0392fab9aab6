import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

/** What must be known of a transaction: how much of what was accepted when it began still waits. */
type Step = { left: number }

/**
 * A transaction costs some 3 ms of processor whatever it decides. The next begins at once when so many wait for it; else so long after
 * the last began, in ms, when more have come. A quarter of a full one, for others come while one is under way.
 */
const enoughWait = 250
export const apartMs = 40
/**
 * In a rush, though all that waits is decided each time, one transaction would follow the other, and take turns with intake on the same cores. After
 * each there is a rest of half its time, but no longer than this, in ms: then a request costs a tenth less, on either side.
 */
export const longestRestMs = 100

/**
 * Decides what waits in a campaign, transaction by transaction, until all is decided that was accepted when the last of them began: who
 * comes later wakes another pass, and those who wait for this one are not kept by them. Throws only what waiting can mend.
 */
export function createDecideAll<Done extends Step>({
  decideNext,
  progressed,
}: {
  /** Null when nothing waits. */
  decideNext: (campaign: string) => Promise<Done | null>
  /** Called after each transaction that took something from the log, when the next is under way. */
  progressed: (campaign: string, done: Done) => void
}) {
  /** When the next transaction of each campaign is due. */
  const due = new Map<string, number>()

  return async function decideAll(campaign: string, isStopping: () => boolean): Promise<void> {
    let told = Promise.resolve()
    while (!isStopping()) {
      const begunAt = performance.now()
      const restMs = (due.get(campaign) ?? 0) - begunAt
      if (restMs > 0) {
        await sleep(restMs)
        continue
      }
      const done = await decideNext(campaign)
      if (!done) break
      due.set(campaign, done.left < enoughWait ? nextAfter(begunAt, performance.now()) : 0)
      // Telling takes a millisecond, in which Postgres would wait for the next transaction: that is begun first.
      told = nextTurn().then(() => progressed(campaign, done))
      if (done.left === 0) break
    }
    return told
  }
}

/** When the next transaction is due after one that left few, in ms of the same clock. */
export const nextAfter = (begunAt: number, endedAt: number) =>
  Math.max(begunAt + apartMs, endedAt + Math.min((endedAt - begunAt) / 2, longestRestMs))

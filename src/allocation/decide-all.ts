import { setTimeout as sleep } from 'node:timers/promises'

/** What must be known of a transaction: what it decided, and how much of what was accepted when it began still waits. */
type Step = { decisions: readonly unknown[]; commands: readonly unknown[]; left: number }

/**
 * A transaction costs some 3 ms of processor whatever it decides: after two in a row that decided fewer, the next waits until more have
 * come. After one it does not: in a crowd few and many take turns, and the many would wait (8,300 decided a second, not 10,400).
 */
const fewDecisions = 100
/** So long after the last began, in ms. */
export const apartMs = 20

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
  /** Called after each transaction that took something from the log. */
  progressed: (campaign: string, done: Done) => void
}) {
  const paces = new Map<string, { wasSmall: boolean; dueAt: number }>()

  return async function decideAll(campaign: string, isStopping: () => boolean): Promise<void> {
    const pace = paces.get(campaign) ?? { wasSmall: false, dueAt: 0 }
    paces.set(campaign, pace)
    while (!isStopping()) {
      const begunAt = performance.now()
      const restMs = pace.dueAt - begunAt
      if (restMs > 0) {
        await sleep(restMs)
        continue
      }
      const done = await decideNext(campaign)
      if (!done) return
      const isSmall = done.decisions.length + done.commands.length < fewDecisions
      pace.dueAt = isSmall && pace.wasSmall ? begunAt + apartMs : 0
      pace.wasSmall = isSmall
      progressed(campaign, done)
      if (done.left === 0) return
    }
  }
}

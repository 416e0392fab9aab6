import { setTimeout as sleep } from 'node:timers/promises'
import type { DecideNext, Progressed } from './decide-next.ts'

/**
 * After a transaction that decided fewer, the next begins so long after it began, in ms: a transaction costs some 3 ms of processor
 * whatever it decides, and more will have come by then. Nobody who waits in a crowd notices, and who is alone has no one before them.
 */
const fewDecisions = 100
export const apartMs = 20

/** Decides what waits in a campaign, transaction by transaction, until nothing does. Throws only what waiting can mend. */
export function createDecideAll({
  decideNext,
  progressed,
}: {
  decideNext: DecideNext
  /** Called after each transaction that took something from the log. */
  progressed: (campaign: string, done: Progressed) => void
}) {
  const dueAt = new Map<string, number>()

  return async function decideAll(campaign: string, isStopping: () => boolean): Promise<void> {
    while (!isStopping()) {
      const restMs = (dueAt.get(campaign) ?? 0) - performance.now()
      if (restMs > 0) await sleep(restMs)
      const begunAt = performance.now()
      const done = await decideNext(campaign)
      if (!done) return
      const isSmall = done.decisions.length + done.commands.length < fewDecisions
      dueAt.set(campaign, isSmall ? begunAt + apartMs : 0)
      progressed(campaign, done)
    }
  }
}

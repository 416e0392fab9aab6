import type { Lane } from '../domain/lane.ts'
import type { Transaction } from '../postgres/pool.ts'
import { insertWaiters, setLineRevision, updateLine } from '../postgres/waitlist.ts'
import type { Decided } from './decide.ts'

/** Writes who was put in line, and how it changed. Returns the revision; null when nobody joined, left, or wants something else. */
export async function writeLine(
  tx: Transaction,
  {
    campaign,
    lane,
    decidedAt,
    revision,
    decisions,
    changes,
  }: { campaign: string; lane: Lane; decidedAt: number; revision: number } & Pick<Decided, 'decisions' | 'changes'>,
): Promise<number | null> {
  const waiters = decisions.flatMap(({ request, decision }) => {
    if (decision.status !== 'waitlisted') return []
    // It may have left again, or want something else, in the same transaction.
    const { status, seats, waiting } = changes.get(request.id) ?? { ...decision, waiting: request }
    return { ...request, status, seats, reason: null, place: decision.place, choices: waiting?.choices ?? null }
  })
  const changed = [...changes.values()].filter(({ isStored, changedLine }) => isStored && changedLine)
  if (waiters.length + changed.length === 0) return null
  if (changed.length > 0)
    await updateLine(tx, {
      revision,
      changed: changed.map(({ id, waiting }) => ({ id, choices: waiting?.choices ?? null })),
    })
  if (waiters.length > 0) await insertWaiters(tx, { campaign, lane, decidedAt, revision, waiters })
  await setLineRevision(tx, campaign, revision)
  return revision
}

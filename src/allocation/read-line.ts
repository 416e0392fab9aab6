import type { NumberedRequest } from '../domain/decision.ts'
import type { Transaction } from '../postgres/pool.ts'
import { readLastPlace, readLine, readLineChanges, type StoredWaiter } from '../postgres/waitlist.ts'
import type { DayStart } from './day-start.ts'
import type { LineChanges } from './line-view.ts'
import type { Series } from './series.ts'
import type { BookSlot } from './slot-book.ts'
import { createWaitingLine, type WaitingLine } from './waiting-line.ts'

/** The line of a campaign, as it stood at a revision. */
export type LineMemory = { revision: number; line: WaitingLine; lastPlace: number }

/** Whether a request can join the line, leave it, or free a seat that somebody in it wants. */
export const concernsLine = (request: NumberedRequest) => request.kind !== 'book' || request.waitlist

/** Nobody ever waited: nothing is read. Otherwise the whole line once, and then what other allocators changed. */
export async function readLineMemory(
  tx: Transaction,
  {
    campaign,
    revision,
    memory,
    ...how
  }: {
    campaign: string
    revision: number
    memory: LineMemory | undefined
    slotOf: (id: string) => BookSlot | undefined
    dayStart: DayStart
    series: Series | null
  },
): Promise<LineMemory> {
  if (memory?.revision === revision) return memory
  const line = memory?.line ?? createWaitingLine(how)
  if (revision === 0) return { revision, line, lastPlace: 0 }
  for (const waiter of memory ? await readLineChanges(tx, campaign, memory.revision) : await readLine(tx, campaign))
    putOrRemove(line, waiter)
  return { revision, line, lastPlace: await readLastPlace(tx, campaign) }
}

function putOrRemove(line: WaitingLine, { choices, ...waiter }: StoredWaiter) {
  if (choices) line.put({ ...waiter, choices })
  else line.remove(waiter.id)
}

/** The line as a transaction has left it: to be taken over once that has committed. */
export function changeLine(
  { line }: LineMemory,
  { joined, gone, lastPlace }: LineChanges,
  revision: number,
): LineMemory {
  for (const id of gone) line.remove(id)
  for (const waiter of joined) line.put(waiter)
  return { revision, line, lastPlace }
}

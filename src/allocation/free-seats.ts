import type { Choice } from '../domain/choice.ts'
import { type BookSlot, compare, type SlotBook } from './slot-book.ts'

/** The first instant of a day in the campaign's time zone, in epoch ms; `offsetDays` later. */
export type DayStart = (day: string, offsetDays: number) => number

/** What is still free while one batch is being decided: the book, less what the batch has taken so far. */
export function createFreeSeats(book: SlotBook, dayStart: DayStart) {
  const taken = new Map<string, number>()
  const hasSeat = (slot: BookSlot) => slot.free - (taken.get(slot.id) ?? 0) > 0

  /** The first of the ranked choices that can be had, or null. */
  function find(choices: Choice[]): BookSlot | null {
    for (const choice of choices) {
      const slot = 'slotId' in choice ? named(choice.slotId) : earliest(choice)
      if (slot) return slot
    }
    return null
  }

  function named(id: string): BookSlot | null {
    const slot = book.slot(id)
    return slot && hasSeat(slot) ? slot : null
  }

  /** Earliest start, then the location's place in the request, then the slot's id. */
  function earliest({ locationIds, from, to }: Extract<Choice, { from: string }>): BookSlot | null {
    const [start, end] = [dayStart(from, 0), dayStart(to, 1)]
    let best: BookSlot | null = null
    for (const locationId of locationIds) {
      // A location named earlier wins a tie, so a later one must be strictly earlier.
      const until: number = best ? best.startsAt : end
      const slot = book.freeAt(locationId, start, until).find(hasSeat)
      if (slot) best = slot
    }
    return best
  }

  return {
    find,
    take(slot: BookSlot) {
      taken.set(slot.id, (taken.get(slot.id) ?? 0) + 1)
    },
    /** Seats taken, by slot id, in the order of ids: the order in which rows are locked. */
    taken: () => new Map([...taken].toSorted(([a], [b]) => compare(a, b))),
  }
}

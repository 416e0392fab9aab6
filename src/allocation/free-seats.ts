import type { Choice } from '../domain/choice.ts'
import type { DayStart } from './day-start.ts'
import { byStart, compareStart, createSeriesFinder, type Series } from './series.ts'
import { type BookSlot, compare, type SlotBook } from './slot-book.ts'

/** What is free while one batch is being decided: the book, less what the batch has taken so far, and what it has given back. */
export function createFreeSeats({
  book,
  dayStart,
  series,
}: {
  book: SlotBook
  dayStart: DayStart
  /** Null: one dose. */
  series: Series | null
}) {
  const taken = new Map<string, number>()
  /** Slots that the book holds for full and of which a seat was given back, by location: the book does not lead to them. */
  const reopened = new Map<string, BookSlot[]>()
  /** Given back since they were last asked for. */
  let freed = new Set<BookSlot>()
  const finder = series && createSeriesFinder({ series, dayStart, locations: book.locations, freeSlots })

  const hasSeat = (slot: BookSlot) => slot.free - (taken.get(slot.id) ?? 0) > 0 && !slot.blocked

  /** For the first of the ranked choices that can be had a seat per dose, or null. The choice is of the first dose. */
  function find(choices: Choice[]): BookSlot[] | null {
    for (const choice of choices) {
      const found = finder ? firstSeries(choice) : firstSlot(choice)
      if (found) return found
    }
    return null
  }

  function firstSlot(choice: Choice): BookSlot[] | null {
    const slot = 'slotId' in choice ? named(choice.slotId) : earliest(choice)
    return slot && [slot]
  }

  function firstSeries(choice: Choice): BookSlot[] | null {
    for (const slot of allOf(choice)) {
      const found = finder!.from(slot)
      if (found) return found
    }
    return null
  }

  function allOf(choice: Choice): Iterable<BookSlot> {
    if ('slotId' in choice) return [named(choice.slotId)].filter((slot) => slot !== null)
    const [start, end] = [dayStart(choice.from, 0), dayStart(choice.to, 1)]
    return byStart(choice.locationIds.map((locationId) => freeSlots(locationId, start, end)))
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
      const slot = firstAt(locationId, start, until)
      if (slot) best = slot
    }
    return best
  }

  /** The first slot of a location, by start and id, that starts within `from <= startsAt < until` and has a seat. */
  function firstAt(locationId: string, from: number, until: number): BookSlot | undefined {
    const inBook = book.freeAt(locationId, from, until).find(hasSeat)
    const again = reopened.get(locationId)?.find((slot) => isWithin(slot, from, until) && hasSeat(slot))
    if (!inBook || !again) return inBook ?? again
    return compareStart(inBook, again) < 0 ? inBook : again
  }

  /** All of them, in the same order. */
  function freeSlots(locationId: string, from: number, until: number): Iterable<BookSlot> {
    const inBook = book.freeAt(locationId, from, until).filter(hasSeat)
    const again = (reopened.get(locationId) ?? []).filter((slot) => isWithin(slot, from, until) && hasSeat(slot))
    return again.length > 0 ? [...inBook, ...again].toSorted(compareStart) : inBook
  }

  return {
    find,
    hasSeat,
    /** Whether a seat of the slot can be of use to anybody: of a series no dose alone is. */
    isUseful: (slot: BookSlot) => hasSeat(slot) && (finder?.isPart(slot) ?? true),
    slotOf(id: string): BookSlot {
      const slot = book.slot(id)
      if (!slot) throw new Error(`bug: a seat is held in slot ${id}, which is not in the book`)
      return slot
    },
    take(slots: BookSlot[]) {
      for (const { id } of slots) taken.set(id, (taken.get(id) ?? 0) + 1)
    },
    giveBack(slots: BookSlot[]) {
      for (const slot of slots) {
        taken.set(slot.id, (taken.get(slot.id) ?? 0) - 1)
        freed.add(slot)
        if (slot.free > 0 || slot.blocked) continue
        const ofLocation = reopened.get(slot.locationId) ?? []
        if (!ofLocation.includes(slot)) reopened.set(slot.locationId, [...ofLocation, slot].toSorted(compareStart))
      }
      finder?.forget()
    },
    /** Whatever is free counts as given back. */
    offerAll() {
      for (const slot of book.open()) freed.add(slot)
    },
    /** The slots of which seats were given back since this was last asked. */
    takeFreed(): Set<BookSlot> {
      const since = freed
      freed = new Set()
      return since
    },
    /** Seats taken, less than none when given back, by slot id, in the order of ids: the order in which rows are locked. */
    taken: () => new Map([...taken].filter(([, seats]) => seats !== 0).toSorted(([a], [b]) => compare(a, b))),
  }
}
export type FreeSeats = ReturnType<typeof createFreeSeats>

const isWithin = ({ startsAt }: BookSlot, from: number, until: number) => from <= startsAt && startsAt < until

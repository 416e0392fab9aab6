import type { Doses } from '../domain/campaign.ts'
import type { DayStart } from './day-start.ts'
import { type BookSlot, compare } from './slot-book.ts'

/** What a campaign requires of a series of doses. `dayOf`: the day of its time zone on which an instant (epoch ms) lies. */
export type Series = { doses: Doses; dayOf: (epochMs: number) => string }

/** From the first dose of a series to its last there are at most so many days. */
export const spanDays = ({ doses: { count, gapDays } }: Series) => (count - 1) * gapDays.max

/** The slots of a location with a seat that start within `from <= startsAt < until`, by start and id. */
type FreeSlots = (locationId: string, from: number, until: number) => Iterable<BookSlot>

/**
 * Finds series while seats are only taken: what was found to lead nowhere leads nowhere for the next request either. Each dose is the
 * earliest that can follow, and a later one where the earliest leads nowhere, so that a series is found if there is one.
 */
export function createSeriesFinder({
  series,
  dayStart,
  locations,
  freeSlots,
}: {
  series: Series
  dayStart: DayStart
  /** Of the campaign, all. */
  locations: () => string[]
  freeSlots: FreeSlots
}) {
  const { doses, dayOf } = series
  const { count, gapDays, sameLocation } = doses
  let endsBefore = new Set<string>()
  let nothingBefore = new Set<string>()

  /** The doses from `dose` on, the first of them in this slot; null when there are none. */
  function from(dose: number, slot: BookSlot): BookSlot[] | null {
    if (dose === count) return [slot]
    const key = `${dose} ${slot.id}`
    if (endsBefore.has(key)) return null
    const day = dayOf(slot.startsAt)
    const start = Math.max(dayStart(day, gapDays.min), slot.startsAt + 1)
    for (const next of around(slot, start, dayStart(day, gapDays.max + 1))) {
      const rest = from(dose + 1, next)
      if (rest) return [slot, ...rest]
    }
    endsBefore.add(key)
    return null
  }

  /** Whether there are doses before this one that lead to this slot as `dose`. */
  function leadsTo(dose: number, slot: BookSlot): boolean {
    if (dose === 1) return true
    const key = `${dose} ${slot.id}`
    if (nothingBefore.has(key)) return false
    const day = dayOf(slot.startsAt)
    const end = Math.min(dayStart(day, 1 - gapDays.min), slot.startsAt)
    for (const before of around(slot, dayStart(day, -gapDays.max), end)) if (leadsTo(dose - 1, before)) return true
    nothingBefore.add(key)
    return false
  }

  /** What can go with a slot: at its location, or anywhere, its own location first where they start together. */
  function around({ locationId }: BookSlot, start: number, end: number): Iterable<BookSlot> {
    if (sameLocation) return freeSlots(locationId, start, end)
    const others = locations().filter((other) => other !== locationId)
    return byStart([locationId, ...others].map((place) => freeSlots(place, start, end)))
  }

  return {
    from: (slot: BookSlot) => from(1, slot),
    /** Whether the slot's seat is part of any series at all. */
    isPart: (slot: BookSlot) =>
      Array.from({ length: count }, (_, n) => n + 1).some((dose) => leadsTo(dose, slot) && from(dose, slot) !== null),
    /** Seats were given back. */
    forget() {
      endsBefore = new Set()
      nothingBefore = new Set()
    },
  }
}

/** Merges lists by start; of those that start together, the earlier list goes first. */
export function* byStart(lists: Iterable<BookSlot>[]): Generator<BookSlot> {
  const open = lists.flatMap((list) => {
    const iterator = list[Symbol.iterator]()
    const { value, done } = iterator.next()
    return done ? [] : [{ iterator, value }]
  })
  while (open.length > 0) {
    let first = 0
    for (let at = 1; at < open.length; at += 1) if (open[at]!.value.startsAt < open[first]!.value.startsAt) first = at
    yield open[first]!.value
    const { value, done } = open[first]!.iterator.next()
    if (done) open.splice(first, 1)
    else open[first]!.value = value
  }
}

/** By start, then id. */
export const compareStart = (a: BookSlot, b: BookSlot) => a.startsAt - b.startsAt || compare(a.id, b.id)

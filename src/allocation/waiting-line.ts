import type { Choice } from '../domain/choice.ts'
import type { Waiter } from '../domain/decision.ts'
import type { DayStart } from './day-start.ts'
import { type Series, spanDays } from './series.ts'
import type { BookSlot } from './slot-book.ts'

/** Waiters of one wish, by place. Who has left is passed over, and forgotten at the head. */
type Bucket = { waiters: Waiter[]; head: number }
/** Everybody who wants a seat that starts within `from <= startsAt < until`. */
type Span = Bucket & { from: number; until: number }

/** Hands out waiters who want a slot, by place, one after another. */
export type NextWaiter = () => Waiter | undefined

const anywhere = '*'

/**
 * Who waits, arranged for finding the first who wants a slot: a bucket per slot that is named, and per location one for each stretch
 * of days. People choose the same days, so that a location has hundreds of stretches at most where 100,000 wait. Only `put` and
 * `remove` change it, after the transaction that changed the waiting list has committed.
 */
export function createWaitingLine({
  slotOf: firstSlotOf,
  dayStart,
  series,
}: {
  slotOf: (id: string) => BookSlot | undefined
  dayStart: DayStart
  series: Series | null
}) {
  let slotOf = firstSlotOf
  const present = new Map<string, Waiter>()
  const bySlot = new Map<string, Bucket>()
  const byLocation = new Map<string, Map<string, Span>>()

  /** Where and when a seat helps who has chosen so: a slot, or any at these places. Of a series any dose may be what is lacking. */
  function reachOf(choice: Choice): { slotId: string } | { places: string[]; from: number; until: number } | null {
    if (!series) {
      if ('slotId' in choice) return choice
      return { places: choice.locationIds, from: dayStart(choice.from, 0), until: dayStart(choice.to, 1) }
    }
    const lastDose = (day: string) => dayStart(day, spanDays(series) + 1)
    const everywhere = series.doses.sameLocation ? null : [anywhere]
    if ('locationIds' in choice) {
      const { locationIds, from, to } = choice
      return { places: everywhere ?? locationIds, from: dayStart(from, 0), until: lastDose(to) }
    }
    const first = slotOf(choice.slotId)
    if (!first) return null
    const { locationId, startsAt } = first
    return { places: everywhere ?? [locationId], from: startsAt, until: lastDose(series.dayOf(startsAt)) }
  }

  function bucketsOf({ choices }: Waiter): Set<Bucket> {
    return new Set(
      choices.flatMap((choice) => {
        const reach = reachOf(choice)
        if (!reach) return []
        if ('slotId' in reach) return find(bySlot, reach.slotId, newBucket)
        const { places, from, until } = reach
        return places.map((place) =>
          find(find(byLocation, place, newSpans), `${from} ${until}`, () => ({ ...newBucket(), from, until })),
        )
      }),
    )
  }

  function* bucketsFor(slot: BookSlot): Generator<Bucket> {
    const named = bySlot.get(slot.id)
    if (named) yield named
    for (const place of [slot.locationId, anywhere])
      for (const wanted of byLocation.get(place)?.values() ?? [])
        if (wanted.from <= slot.startsAt && slot.startsAt < wanted.until) yield wanted
  }

  return {
    get size() {
      return present.size
    },
    /** The slots were read anew. */
    useSlots(now: typeof slotOf) {
      slotOf = now
    },
    /** Somebody joins, or wants something else from now on: at their place in either case. */
    put(waiter: Waiter) {
      present.set(waiter.id, waiter)
      for (const bucket of bucketsOf(waiter)) insertByPlace(bucket, waiter)
    },
    remove(id: string) {
      present.delete(id)
    },
    holds: isPresent,
    /** Whether a seat of a slot would help. */
    wants: ({ choices }: Waiter, slot: BookSlot): boolean =>
      choices.some((choice) => {
        const reach = reachOf(choice)
        if (!reach || 'slotId' in reach) return reach?.slotId === slot.id
        const { places, from, until } = reach
        return (
          (places.includes(slot.locationId) || places.includes(anywhere)) &&
          from <= slot.startsAt &&
          slot.startsAt < until
        )
      }),
    /** Those who want a slot, by place, but for whom `isGone` says so. */
    wanting(slot: BookSlot, isGone: (waiter: Waiter) => boolean): NextWaiter {
      const open = [...bucketsFor(slot)].map((bucket) => ({ bucket, at: skipGone(bucket) }))
      return () => {
        let first: Waiter | undefined
        for (const cursor of open) {
          const { waiters } = cursor.bucket
          while (cursor.at < waiters.length && (!isPresent(waiters[cursor.at]!) || isGone(waiters[cursor.at]!)))
            cursor.at += 1
          const waiter = waiters[cursor.at]
          if (waiter && (!first || waiter.place < first.place)) first = waiter
        }
        // Who stands in several buckets is handed out once.
        for (const cursor of open) if (cursor.bucket.waiters[cursor.at] === first) cursor.at += 1
        return first
      }
    },
  }

  function isPresent(waiter: Waiter) {
    return present.get(waiter.id) === waiter
  }

  function skipGone(bucket: Bucket): number {
    while (bucket.head < bucket.waiters.length && !isPresent(bucket.waiters[bucket.head]!)) bucket.head += 1
    return bucket.head
  }
}
export type WaitingLine = ReturnType<typeof createWaitingLine>

const newBucket = (): Bucket => ({ waiters: [], head: 0 })
const newSpans = () => new Map<string, Span>()

function find<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key) ?? make()
  map.set(key, found)
  return found
}

/** Nearly always at the end: only who changed their wishes comes in between, at their place. */
function insertByPlace(bucket: Bucket, waiter: Waiter) {
  if (bucket.head * 2 > bucket.waiters.length) {
    bucket.waiters.splice(0, bucket.head)
    bucket.head = 0
  }
  const { waiters, head } = bucket
  let at = waiters.length
  while (at > head && waiters[at - 1]!.place > waiter.place) at -= 1
  waiters.splice(at, 0, waiter)
}

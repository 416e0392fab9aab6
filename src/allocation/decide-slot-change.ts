import type { Choice } from '../domain/choice.ts'
import type { Standing } from '../domain/decision.ts'
import type { AffectedReservation, SlotChange, SlotChangeReason } from '../domain/slot-change.ts'
import type { DayStart } from './day-start.ts'
import type { Decided } from './decide.ts'
import { createFreeSeats } from './free-seats.ts'
import { createGiveFreed } from './give-freed.ts'
import { createLineView } from './line-view.ts'
import type { Series } from './series.ts'
import type { BookSlot, SlotBook } from './slot-book.ts'
import { createStandings, inDoses } from './standings.ts'
import type { WaitingLine } from './waiting-line.ts'

/** Who must move is given a seat on the same day or so many days after it at most. */
const movedWithinDays = 14

/** A seat in a slot that the change is about. */
export type Hit = { standing: Standing; slotId: string }

export type SlotChangeFacts = {
  /** The slots as the change would have them. One that would have fewer seats than are booked has less than none free. */
  book: SlotBook
  /** Who holds seats in the slots that it is about, who was booked last first. */
  hits: Hit[]
  line: WaitingLine
  lastPlace: number
  dayStart: DayStart
  dayOf: (epochMs: number) => string
  series: Series | null
  receivedAt: number
}

export type DecidedSlotChange = {
  decided: Pick<Decided, 'changes' | 'line' | 'taken'>
  reason: SlotChangeReason | null
  affected: AffectedReservation[]
}

/**
 * Decides what becomes of people when slots change: who keeps their seat, who moves, who is cancelled; then offers what is free to the line.
 * Who moves is before the line, for they had a seat. With a `reason` it is refused: nothing changes, and `affected` are those because of
 * whom. Pure.
 */
export function decideSlotChange(change: SlotChange, facts: SlotChangeFacts): DecidedSlotChange {
  const { book, dayOf, receivedAt } = facts
  const seats = createFreeSeats(facts)
  const standing = new Map(facts.hits.map((hit) => [hit.standing.id, hit.standing]))
  const standings = createStandings({ standing, liveVouchers: new Set() })
  const line = createLineView(facts.line, facts.lastPlace)
  const heldBy = ({ seats: held }: Standing) => held.map(({ slotId }) => seats.slotOf(slotId))

  // Whose time has come sat there: a change comes too late for them.
  const hits = facts.hits.filter(({ slotId }) => seats.slotOf(slotId).startsAt > receivedAt)
  const leaving = hitsOf(change, hits, book)
  if (leaving.length < lacking(change, book)) return refused('slot-past', facts.hits)

  /** Where somebody may be moved: at their location, or else at another. From the day of their seat on, but not today. */
  function elsewhere(first: BookSlot): Choice[] {
    const [day, today] = [dayOf(first.startsAt), dayOf(receivedAt)]
    const from = day > today ? day : nextDay(today, 1)
    const to = nextDay(from, movedWithinDays)
    const others = book.locations().filter((id) => id !== first.locationId)
    return [
      { locationIds: [first.locationId], from, to },
      { locationIds: others, from, to },
    ]
  }

  function move(one: Standing): boolean {
    const held = heldBy(one)
    const found = held.every(({ startsAt }) => startsAt > receivedAt) ? seats.find(elsewhere(held[0]!)) : null
    if (!found) return false
    seats.take(found)
    standings.change(one, { status: 'booked', seats: inDoses(found), waiting: null }, 'moved')
    return true
  }

  const affected = 'affected' in change ? change.affected : 'keep'
  const unmoved: Hit[] = []
  if (affected !== 'keep') for (const { standing: one } of leaving) seats.giveBack(heldBy(one))
  // Who was booked first chooses first.
  for (const hit of leaving.toReversed()) {
    if (affected === 'move' && !move(hit.standing)) unmoved.push(hit)
    if (affected === 'cancel')
      standings.change(hit.standing, { status: 'cancelled', seats: [], waiting: null }, 'cancelled')
  }
  if (unmoved.length > 0) return refused('cannot-move', unmoved)
  if (affected === 'keep' && leaving.length > 0 && change.do !== 'block') return refused('would-hit', leaving)

  const became = affected === 'keep' ? 'kept' : affected === 'move' ? 'moved' : 'cancelled'
  seats.offerAll()
  createGiveFreed({ seats, line, standings })()
  return {
    decided: { changes: standings.changes, line: line.changes(), taken: seats.taken() },
    reason: null,
    affected: leaving.map((hit) => describe(hit, became)),
  }
}

/** Whose seats are taken away, or would be; each reservation once. Of a smaller slot only as many as do not fit. */
function hitsOf(change: SlotChange, hits: Hit[], book: SlotBook): Hit[] {
  if (change.do === 'capacity') return hits.slice(0, lacking(change, book))
  if (change.do !== 'block' && change.do !== 'close') return []
  return [...new Map(hits.map((hit) => [hit.standing.id, hit])).values()]
}

/** So many more are booked than a smaller slot would have seats. */
const lacking = (change: SlotChange, book: SlotBook) =>
  change.do === 'capacity' ? Math.max(0, -book.slot(change.slotId)!.free) : 0

const refused = (reason: SlotChangeReason, hits: Hit[]): DecidedSlotChange => ({
  decided: { changes: new Map(), line: { joined: [], gone: new Set(), lastPlace: 0 }, taken: new Map() },
  reason,
  affected: hits.map((hit) => describe(hit, null)),
})

const describe = ({ standing, slotId }: Hit, became: AffectedReservation['became']): AffectedReservation => ({
  reservationId: standing.id,
  slotId,
  became,
})

const nextDay = (day: string, days: number) => Temporal.PlainDate.from(day).add({ days }).toString()

import type { Decision, NumberedBooking, Seat, Standing } from '../domain/decision.ts'
import type { BookSlot } from './slot-book.ts'

/** What is told of a change. */
export type ChangeEvent = 'booked' | 'cancelled' | 'moved'

/** How a reservation stands at the end, and what is to be told of it on the way. */
export type Change = Pick<Standing, 'id' | 'status' | 'seats' | 'waiting'> & {
  /** Decided in an earlier transaction, so that its rows are there. */
  isStored: boolean
  /** It left the line, or wants something else. */
  changedLine: boolean
  events: ChangeEvent[]
}

/** Reservations as they stand while one batch is being decided: those that commands are about, and those decided on the way. */
export function createStandings({
  standing: stored,
  liveVouchers,
}: {
  standing: ReadonlyMap<string, Standing>
  liveVouchers: ReadonlySet<string>
}) {
  const here = new Map<string, { request: NumberedBooking; decision: Decision }>()
  const changes = new Map<string, Change>()
  /** What differs from the live vouchers of the facts. */
  const live = new Map<string, boolean>()

  function decidedHere(id: string): Standing | undefined {
    const decided = here.get(id)
    if (!decided) return undefined
    const { request, decision } = decided
    const waiting = decision.status === 'waitlisted' ? { place: decision.place, choices: request.choices } : null
    return { id, voucherKey: request.voucherKey, status: decision.status, seats: decision.seats, waiting }
  }

  return {
    changes: changes as ReadonlyMap<string, Change>,
    isLive: (voucherKey: string) => live.get(voucherKey) ?? liveVouchers.has(voucherKey),
    /** Notes a reservation that has just been decided. */
    add(request: NumberedBooking, decision: Decision) {
      here.set(request.id, { request, decision })
      if (decision.status !== 'rejected') live.set(request.voucherKey, true)
    },
    /** A reservation as it stands now. */
    get(id: string): Standing | undefined {
      const before = decidedHere(id) ?? stored.get(id)
      return before && { ...before, ...changes.get(id) }
    },
    /** From now on it stands so. `event`: what is told of it; null: nothing. */
    change(
      { id, voucherKey, waiting }: Pick<Standing, 'id' | 'voucherKey' | 'waiting'>,
      next: Pick<Standing, 'status' | 'seats' | 'waiting'>,
      event: ChangeEvent | null,
    ) {
      const { events = [], changedLine = false } = changes.get(id) ?? {}
      changes.set(id, {
        id,
        ...next,
        isStored: !here.has(id),
        changedLine: changedLine || waiting !== null || next.waiting !== null,
        events: event ? [...events, event] : events,
      })
      live.set(voucherKey, next.status === 'booked' || next.status === 'waitlisted')
    },
  }
}
export type Standings = ReturnType<typeof createStandings>

/** Slots, the first dose's first, as seats. */
export const inDoses = (slots: BookSlot[]): Seat[] => slots.map(({ id }, at) => ({ dose: at + 1, slotId: id }))

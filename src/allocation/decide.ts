import type { Decision, NumberedRequest } from '../domain/decision.ts'
import type { Reason } from '../domain/reservation.ts'
import { createFreeSeats, type DayStart } from './free-seats.ts'
import type { SlotBook } from './slot-book.ts'

/** What is known, under the campaign's lock, of the requests to be decided. */
export type Facts = {
  /** By request id: those that were decided before. */
  decided: ReadonlySet<string>
  /** Voucher keys with a live reservation. */
  liveVouchers: ReadonlySet<string>
  /** Person fingerprints that are in the register; null in a campaign for anyone. */
  eligible: ReadonlySet<string> | null
  /** When the campaign closes, in epoch ms. */
  closesAt: number
  book: SlotBook
  dayStart: DayStart
}

export type Decided = {
  /** What is new, in order. A request that was decided before is not among them. */
  decisions: { request: NumberedRequest; decision: Decision }[]
  /** Seats taken, by slot id, in the order of ids. */
  taken: Map<string, number>
}

/** Decides requests, in the order given, against the facts read for them. Pure: same requests and facts, same decisions. */
export function decide(requests: NumberedRequest[], facts: Facts): Decided {
  const seats = createFreeSeats(facts.book, facts.dayStart)
  const decidedHere = new Set<string>()
  const liveHere = new Set<string>()

  function decideOne(request: NumberedRequest): Decision {
    if (facts.eligible && !facts.eligible.has(request.fingerprint)) return rejected('not-eligible')
    if (request.receivedAt >= facts.closesAt) return rejected('closed')
    if (facts.liveVouchers.has(request.voucherKey) || liveHere.has(request.voucherKey)) return rejected('voucher-used')
    const slot = seats.find(request.choices)
    if (!slot) return rejected('sold-out')
    seats.take(slot)
    liveHere.add(request.voucherKey)
    return { status: 'booked', reason: null, seats: [{ dose: 1, slotId: slot.id }] }
  }

  const decisions = []
  for (const request of requests) {
    if (facts.decided.has(request.id) || decidedHere.has(request.id)) continue
    decisions.push({ request, decision: decideOne(request) })
    decidedHere.add(request.id)
  }
  return { decisions, taken: seats.taken() }
}

const rejected = (reason: Reason): Decision => ({ status: 'rejected', reason, seats: [] })

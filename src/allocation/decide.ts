import type {
  CommandDecision,
  Decision,
  NumberedBooking,
  NumberedCommand,
  NumberedRequest,
  Standing,
} from '../domain/decision.ts'
import type { Reason } from '../domain/reservation.ts'
import type { DayStart } from './day-start.ts'
import { createDecideCommand } from './decide-command.ts'
import { createFreeSeats } from './free-seats.ts'
import type { Series } from './series.ts'
import type { SlotBook } from './slot-book.ts'
import { type Change, createStandings, inDoses } from './standings.ts'

/** What is known, under the campaign's lock, of the requests to be decided. */
export type Facts = {
  /** By request id: those that were decided before. */
  decided: ReadonlySet<string>
  /** Voucher keys with a live reservation. */
  liveVouchers: ReadonlySet<string>
  /** By id: the reservations that the commands among the requests are about. */
  standing: ReadonlyMap<string, Standing>
  /** Person fingerprints that are in the register; null in a campaign for anyone. */
  eligible: ReadonlySet<string> | null
  /** When the campaign closes, in epoch ms. */
  closesAt: number
  book: SlotBook
  dayStart: DayStart
  /** What the campaign requires of a series; null: one dose. */
  series: Series | null
}

export type Decided = {
  /** What is new, in order. A request that was decided before is not among them. */
  decisions: { request: NumberedBooking; decision: Decision }[]
  commands: { request: NumberedCommand; decision: CommandDecision }[]
  /** By id: reservations that no longer stand as they were booked, whether before or here. */
  changes: ReadonlyMap<string, Change>
  /** Seats taken, by slot id, in the order of ids; less than none where more were given back. */
  taken: Map<string, number>
}

/** Decides requests, in the order given, against the facts read for them. Pure: same requests and facts, same decisions. */
export function decide(requests: NumberedRequest[], facts: Facts): Decided {
  const seats = createFreeSeats(facts)
  const standings = createStandings(facts)
  const decideCommand = createDecideCommand({ seats, standings, closesAt: facts.closesAt })
  const decidedHere = new Set<string>()

  function decideBooking(request: NumberedBooking): Decision {
    if (facts.eligible && !facts.eligible.has(request.fingerprint)) return rejected('not-eligible')
    if (request.receivedAt >= facts.closesAt) return rejected('closed')
    if (standings.isLive(request.voucherKey)) return rejected('voucher-used')
    const found = seats.find(request.choices)
    if (!found) return rejected('sold-out')
    seats.take(found)
    return { status: 'booked', reason: null, seats: inDoses(found) }
  }

  const decisions: Decided['decisions'] = []
  const commands: Decided['commands'] = []
  for (const request of requests) {
    if (facts.decided.has(request.id) || decidedHere.has(request.id)) continue
    decidedHere.add(request.id)
    if (request.kind === 'book') {
      const decision = decideBooking(request)
      decisions.push({ request, decision })
      standings.add(request, decision)
    } else commands.push({ request, decision: decideCommand(request) })
  }
  return { decisions, commands, changes: standings.changes, taken: seats.taken() }
}

const rejected = (reason: Reason): Decision => ({ status: 'rejected', reason, seats: [] })

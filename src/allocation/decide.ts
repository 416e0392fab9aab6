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
import { createGiveFreed } from './give-freed.ts'
import { createLineView, type LineChanges } from './line-view.ts'
import type { Series } from './series.ts'
import type { SlotBook } from './slot-book.ts'
import { type Change, createStandings, inDoses } from './standings.ts'
import type { WaitingLine } from './waiting-line.ts'

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
  /** Somebody else may have changed the slots since the line was last served. */
  changedByOthers: boolean
  /** Who waits, by place, and the last place that was given. Read where a request can want or free a seat in line. */
  line: WaitingLine
  lastPlace: number
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
  line: LineChanges
  /** Seats taken, by slot id, in the order of ids; less than none where more were given back. */
  taken: Map<string, number>
}

/** Decides requests, in the order given, against the facts read for them. Pure: same requests and facts, same decisions. */
export function decide(requests: NumberedRequest[], facts: Facts): Decided {
  const seats = createFreeSeats(facts)
  const standings = createStandings(facts)
  const line = createLineView(facts.line, facts.lastPlace)
  const decideCommand = createDecideCommand({ seats, line, standings, closesAt: facts.closesAt })
  const giveFreed = createGiveFreed({ seats, line, standings })
  const decidedHere = new Set<string>()

  function decideBooking(request: NumberedBooking): Decision {
    if (facts.eligible && !facts.eligible.has(request.fingerprint)) return rejected('not-eligible')
    if (request.receivedAt >= facts.closesAt) return rejected('closed')
    if (standings.isLive(request.voucherKey)) return rejected('voucher-used')
    const found = seats.find(request.choices)
    if (!found) return request.waitlist ? waitlisted(request) : rejected('sold-out')
    seats.take(found)
    return { status: 'booked', reason: null, seats: inDoses(found) }
  }

  function waitlisted({ id, voucherKey, choices }: NumberedBooking): Decision {
    return { status: 'waitlisted', reason: null, seats: [], place: line.join({ id, voucherKey, choices }) }
  }

  if (facts.changedByOthers && !line.isEmpty()) {
    seats.offerAll()
    giveFreed()
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
    } else {
      commands.push({ request, decision: decideCommand(request) })
      giveFreed()
    }
  }
  return { decisions, commands, changes: standings.changes, line: line.changes(), taken: seats.taken() }
}

const rejected = (reason: Reason): Decision => ({ status: 'rejected', reason, seats: [] })

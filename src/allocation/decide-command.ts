import type { Choice } from '../domain/choice.ts'
import type { CommandReason } from '../domain/command.ts'
import type { CommandDecision, NumberedCommand, Standing } from '../domain/decision.ts'
import type { FreeSeats } from './free-seats.ts'
import type { LineView } from './line-view.ts'
import { inDoses, type Standings } from './standings.ts'

/**
 * Decides commands on reservations. A cancelled one gives its seats back, and its voucher can book again. A move takes another seat
 * before the old one is let go: where none of its choices can be had, nothing has changed.
 */
export function createDecideCommand({
  seats,
  line,
  standings,
  closesAt,
}: {
  seats: FreeSeats
  line: LineView
  standings: Standings
  closesAt: number
}) {
  const heldBy = (standing: Standing) => standing.seats.map(({ slotId }) => seats.slotOf(slotId))

  /** Why nothing can be done to it any more; null when something can. */
  function settled(standing: Standing, receivedAt: number): CommandReason | null {
    if (standing.status === 'rejected') return 'was-rejected'
    if (standing.status === 'cancelled') return 'already-cancelled'
    const hasBegun = heldBy(standing).some(({ startsAt }) => startsAt <= receivedAt)
    return hasBegun ? 'appointment-past' : null
  }

  function cancel(standing: Standing): CommandDecision {
    seats.giveBack(heldBy(standing))
    if (standing.waiting) line.leave(standing.id)
    standings.change(standing, { status: 'cancelled', seats: [], waiting: null }, 'cancelled')
    return done
  }

  function move(
    standing: Standing,
    { choices, receivedAt }: Extract<NumberedCommand, { kind: 'move' }>,
  ): CommandDecision {
    if (receivedAt >= closesAt) return refused('closed')
    if (standing.waiting) return wish(standing, standing.waiting.place, choices)
    const old = heldBy(standing)
    // Its own seats are among those that it may have.
    seats.giveBack(old)
    const found = seats.find(choices)
    seats.take(found ?? old)
    if (!found) return refused('sold-out')
    if (found.some((slot, at) => slot !== old[at]))
      standings.change(standing, { status: 'booked', seats: inDoses(found), waiting: null }, 'moved')
    return done
  }

  /** Somebody in line wants something else: they get it if it is free, and else wait for it in their place. */
  function wish({ id, voucherKey, waiting }: Standing, place: number, choices: Choice[]): CommandDecision {
    const found = seats.find(choices)
    if (!found) {
      line.change({ id, voucherKey, place, choices })
      standings.change(
        { id, voucherKey, waiting },
        { status: 'waitlisted', seats: [], waiting: { place, choices } },
        null,
      )
      return done
    }
    seats.take(found)
    line.leave(id)
    standings.change({ id, voucherKey, waiting }, { status: 'booked', seats: inDoses(found), waiting: null }, 'booked')
    return done
  }

  return function decideCommand(request: NumberedCommand): CommandDecision {
    const standing = standings.get(request.reservationId)
    if (!standing) return refused('unknown-reservation')
    const reason = settled(standing, request.receivedAt)
    if (reason) return refused(reason)
    return request.kind === 'cancel' ? cancel(standing) : move(standing, request)
  }
}

const done: CommandDecision = { outcome: 'done', reason: null }
const refused = (reason: CommandReason): CommandDecision => ({ outcome: 'refused', reason })

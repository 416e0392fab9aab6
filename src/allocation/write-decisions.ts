import type { Lane } from '../domain/lane.ts'
import { insertDecisions } from '../postgres/decisions.ts'
import { inTurn } from '../postgres/in-turn.ts'
import { insertOutbox } from '../postgres/outbox.ts'
import type { Transaction } from '../postgres/pool.ts'
import { insertDecidedBookings } from '../postgres/reservations.ts'
import { takeSeats } from '../postgres/seats.ts'
import { updateStandings } from '../postgres/standings.ts'
import type { Decided } from './decide.ts'
import { writeLine } from './write-line.ts'

/**
 * Writes what was decided: reservations with their appointments, seats, decisions, the line, and what is to be told. What was booked
 * and changed in the same transaction is written as it stands at its end. `sendLast` sends what comes behind it all. Returns the line's
 * new revision, null when it has not changed, and the answer to what came last.
 */
export async function writeDecisions<Last>(
  tx: Transaction,
  {
    campaign,
    lane,
    decidedAt,
    lineRevision,
    decided: { decisions, commands, changes, taken },
  }: { campaign: string; lane: Lane; decidedAt: number; lineRevision: number; decided: Decided },
  sendLast: () => Promise<Last>,
): Promise<{ revision: number | null; last: Last }> {
  if (decisions.length + commands.length + changes.size === 0) return { revision: null, last: await sendLast() }
  const stored = [...changes.values()].filter(({ isStored }) => isStored)
  // What is cancelled goes first: its voucher may have booked again.
  if (stored.length > 0) await updateStandings(tx, stored)
  const revision = await writeLine(tx, { campaign, lane, decidedAt, revision: lineRevision + 1, decisions, changes })
  // Sent one behind the other, so that Postgres writes one while the next is put into its form.
  const sent: Promise<unknown>[] = []
  const waiters = decisions.filter(({ decision }) => decision.status === 'waitlisted')
  const others = decisions.filter(({ decision }) => decision.status !== 'waitlisted')
  if (others.length > 0)
    sent.push(
      insertDecidedBookings(tx, {
        campaign,
        lane,
        decidedAt,
        bookings: others.map(({ request, decision: { status, reason, seats } }) => ({
          request,
          outcome: status,
          reason,
          status: changes.get(request.id)?.status ?? status,
          seats: changes.get(request.id)?.seats ?? seats,
        })),
      }),
    )
  if (waiters.length + commands.length > 0)
    sent.push(
      insertDecisions(tx, {
        campaign,
        lane,
        decidedAt,
        decisions: [
          ...waiters.map(({ request: { id, number, kind }, decision: { status, reason } }) => ({
            requestId: id,
            reservationId: id,
            number,
            kind,
            outcome: status,
            reason,
          })),
          ...commands.map(({ request: { id, reservationId, number, kind }, decision: { outcome, reason } }) => ({
            requestId: id,
            reservationId,
            number,
            kind,
            outcome,
            reason,
          })),
        ],
      }),
    )
  if (taken.size > 0) sent.push(takeSeats(tx, campaign, taken))
  const told = [
    ...waiters
      .filter(({ request }) => request.notify)
      .map(({ request, decision }) => ({ reservationId: request.id, event: decision.status as string })),
    // Whether there is an address is in the box: the notifier sees.
    ...[...changes.values()].flatMap(({ id, events }) => events.map((event) => ({ reservationId: id, event }))),
  ]
  if (told.length > 0) sent.push(insertOutbox(tx, campaign, told))
  const last = sendLast()
  await inTurn([...sent, last])
  return { revision, last: await last }
}

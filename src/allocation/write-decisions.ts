import type { Lane } from '../domain/lane.ts'
import { insertAppointments } from '../postgres/appointments.ts'
import { insertDecisions } from '../postgres/decisions.ts'
import { insertOutbox } from '../postgres/outbox.ts'
import type { Transaction } from '../postgres/pool.ts'
import { insertReservations } from '../postgres/reservations.ts'
import { takeSeats } from '../postgres/seats.ts'
import type { Decided } from './decide.ts'

/** Writes what was decided: reservations, appointments, seats, decisions, and what is to be told. */
export async function writeDecisions(
  tx: Transaction,
  {
    campaign,
    lane,
    decidedAt,
    decided: { decisions, taken },
  }: { campaign: string; lane: Lane; decidedAt: number; decided: Decided },
): Promise<void> {
  if (decisions.length === 0) return
  await insertReservations(tx, {
    campaign,
    lane,
    decidedAt,
    reservations: decisions.map(({ request, decision }) => ({
      ...request,
      status: decision.status,
      reason: decision.reason,
    })),
  })
  await insertDecisions(tx, {
    campaign,
    lane,
    decidedAt,
    decisions: decisions.map(({ request, decision }) => ({
      requestId: request.id,
      reservationId: request.id,
      number: request.number,
      kind: request.kind,
      outcome: decision.status,
      reason: decision.reason,
    })),
  })
  const appointments = decisions.flatMap(({ request, decision }) =>
    decision.seats.map(({ dose, slotId }) => ({ reservationId: request.id, dose, slotId })),
  )
  if (appointments.length > 0) {
    await takeSeats(tx, campaign, taken)
    await insertAppointments(tx, campaign, appointments)
  }
  const told = decisions.filter(({ request }) => request.notify)
  if (told.length > 0)
    await insertOutbox(
      tx,
      campaign,
      told.map(({ request, decision }) => ({ reservationId: request.id, event: decision.status })),
    )
}

import type { LastCommand } from '../domain/command.ts'
import type { DecidedStatus, Reason } from '../domain/reservation.ts'
import type { Board, Wait } from './board.ts'
import type { Catalogue, Location } from './catalogue.ts'
import type { LineWait } from './line.ts'
import type { ReservationState } from './read-reservation.ts'
import { zonedTime } from './zoned-time.ts'

/** A reservation as it is answered. Times are RFC 3339 with the campaign's offset. */
export type ReservationView = {
  id: string
  campaign: string
  status: 'queued' | DecidedStatus
  reason: Reason | null
  queueNumber: number | null
  acceptedAt: string | null
  decidedAt: string | null
  wait: (Wait & { odds?: number | null }) | null
  appointments: {
    dose: number
    slotId: string
    startsAt: string | null
    endsAt: string | null
    location: Location | null
  }[]
  lastCommand: LastCommand | null
}

/** Adds to what is stored what everybody may know: when and where the slots are, how long the queue is. */
export function viewReservation(
  state: ReservationState,
  { catalogue, board, inLine }: { catalogue: Catalogue; board: Board; inLine: LineWait | null },
): ReservationView {
  const campaign = catalogue.get(state.campaign)
  const time = (epochMs: number | null) => (epochMs === null ? null : zonedTime(epochMs, campaign?.timeZone ?? 'UTC'))
  return {
    id: state.id,
    campaign: state.campaign,
    status: state.status,
    reason: state.reason,
    queueNumber: state.queueNumber,
    acceptedAt: time(state.acceptedAt),
    decidedAt: time(state.decidedAt),
    wait: state.status === 'queued' ? board.wait(state.campaign, state.lane, state.queueNumber) : inLine,
    appointments: state.appointments.map(({ dose, slotId }) => {
      const slot = campaign?.slots.get(slotId)
      return {
        dose,
        slotId,
        startsAt: slot?.startsAt ?? null,
        endsAt: slot?.endsAt ?? null,
        location: (slot && campaign?.locations.get(slot.locationId)) ?? null,
      }
    }),
    lastCommand: state.lastCommand,
  }
}

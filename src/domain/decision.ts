import type { BookRequest, CommandRequest, QueuedRequest } from './batch.ts'
import type { CommandReason } from './command.ts'
import type { DecidedStatus, Reason } from './reservation.ts'

/** A request with its place in the order, as the log gives it. Instants in epoch ms. */
type Numbered<Request> = Request & {
  number: number
  batchId: string
  place: number
  receivedAt: number
  acceptedAt: number
}
export type NumberedRequest = Numbered<QueuedRequest>
export type NumberedBooking = Numbered<BookRequest>
export type NumberedCommand = Numbered<CommandRequest>

export type Seat = { dose: number; slotId: string }

/** What became of a booking request. Made once. */
export type Decision =
  | { status: 'booked'; reason: null; seats: Seat[] }
  | { status: 'waitlisted'; reason: null; seats: [] }
  | { status: 'rejected'; reason: Reason; seats: [] }

/** What became of a command. Made once. */
export type CommandDecision = { outcome: 'done'; reason: null } | { outcome: 'refused'; reason: CommandReason }

/** A reservation as it stands between two requests. */
export type Standing = { id: string; voucherKey: string; status: DecidedStatus; seats: Seat[] }

import type { BookRequest, CommandRequest, SlotsRequest } from './batch.ts'
import type { Choice } from './choice.ts'
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
export type NumberedBooking = Numbered<BookRequest>
export type NumberedCommand = Numbered<CommandRequest>
/** What is decided many in a transaction. */
export type NumberedRequest = NumberedBooking | NumberedCommand
/** What is decided alone in its transaction. */
export type NumberedSlotsRequest = Numbered<SlotsRequest>

export type Seat = { dose: number; slotId: string }

/** What became of a booking request. Made once. */
export type Decision =
  | { status: 'booked'; reason: null; seats: Seat[] }
  | { status: 'waitlisted'; reason: null; seats: []; place: number }
  | { status: 'rejected'; reason: Reason; seats: [] }

/** What became of a command. Made once. */
export type CommandDecision = { outcome: 'done'; reason: null } | { outcome: 'refused'; reason: CommandReason }

/** Somebody who waits for a seat. `place` rises with the moment of the decision, over all lanes of the campaign. */
export type Waiter = { id: string; voucherKey: string; place: number; choices: Choice[] }

/** A reservation as it stands between two requests. `waiting`: its place in line, and what it wants, while it is waitlisted. */
export type Standing = {
  id: string
  voucherKey: string
  status: DecidedStatus
  seats: Seat[]
  waiting: Pick<Waiter, 'place' | 'choices'> | null
}

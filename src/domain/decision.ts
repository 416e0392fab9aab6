import type { QueuedRequest } from './batch.ts'
import type { Reason } from './reservation.ts'

/** A request with its place in the order, as the log gives it. Instants in epoch ms. */
export type NumberedRequest = QueuedRequest & {
  number: number
  batchId: string
  place: number
  receivedAt: number
  acceptedAt: number
}

export type Seat = { dose: number; slotId: string }

/** What became of a request. Made once. */
export type Decision =
  | { status: 'booked'; reason: null; seats: Seat[] }
  | { status: 'waitlisted'; reason: null; seats: [] }
  | { status: 'rejected'; reason: Reason; seats: [] }

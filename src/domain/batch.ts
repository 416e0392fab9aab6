import { z } from 'zod'
import { Choices } from './choice.ts'
import { CampaignId, Uuid } from './ids.ts'
import { Lane } from './lane.ts'
import { SlotChange } from './slot-change.ts'

/** Most requests in one batch: past this, `unnest` gains little and one transaction holds the campaign too long. */
export const maxBatchRequests = 500

/** A keyed hash of 16 bytes, as hex. */
const Hash = z.string().length(32)

/**
 * Asks for a reservation. Nothing in it is personal in clear: who asks is two keyed hashes, and what can be read back is
 * sealed in `box`. Its id is made from its content, so the same request sent again has the same id; it is the reservation's too.
 */
export const BookRequest = z.object({
  id: Uuid,
  kind: z.literal('book'),
  voucherKey: Hash,
  fingerprint: Hash,
  choices: Choices,
  waitlist: z.boolean(),
  /** Whether the box holds an address to which the outcome can be told. */
  notify: z.boolean(),
  box: z.string(),
})
export type BookRequest = z.infer<typeof BookRequest>

const onReservation = { id: Uuid, reservationId: Uuid }
/** Gives the reservation's seat, or its place in the waiting list, back. */
export const CancelRequest = z.object({ ...onReservation, kind: z.literal('cancel') })
/** Takes another seat, and only then gives the old one back. */
export const MoveRequest = z.object({ ...onReservation, kind: z.literal('move'), choices: Choices })
/** A command on a reservation: a request of its own, with an id of its own. */
export type CommandRequest = z.infer<typeof CancelRequest> | z.infer<typeof MoveRequest>

/** Changes the campaign's slots: an operator's request, so that it has a place in the order. */
export const SlotsRequest = z.object({ id: Uuid, kind: z.literal('slots'), change: SlotChange })
export type SlotsRequest = z.infer<typeof SlotsRequest>

/** One thing put in the queue, decided exactly once by its id. */
export const QueuedRequest = z.discriminatedUnion('kind', [BookRequest, CancelRequest, MoveRequest, SlotsRequest])
export type QueuedRequest = z.infer<typeof QueuedRequest>

export const isCommand = (request: QueuedRequest): request is CommandRequest =>
  request.kind === 'cancel' || request.kind === 'move'

export const QueuedRequests = z.array(QueuedRequest).min(1).max(maxBatchRequests)

/**
 * Up to 500 requests that arrived together: one row of the log, one BullMQ job. `receivedAt`: when the first came, in epoch ms of the
 * database's clock.
 */
export const Batch = z.object({
  id: Uuid,
  campaign: CampaignId,
  lane: Lane,
  receivedAt: z.number(),
  requests: QueuedRequests,
})
export type Batch = z.infer<typeof Batch>

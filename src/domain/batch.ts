import { z } from 'zod'
import { Choices } from './choice.ts'
import { CampaignId, Uuid } from './ids.ts'
import { Lane } from './lane.ts'

/** Most requests in one batch: past this, `unnest` gains little and one transaction holds the campaign too long. */
export const maxBatchRequests = 500

/** A keyed hash of 16 bytes, as hex. */
const Hash = z.string().length(32)

/**
 * One thing put in the queue. Nothing in it is personal in clear: who asks is two keyed hashes, and what can be read back is
 * sealed in `box`. Its id is made from its content, so the same request sent again has the same id.
 */
export const QueuedRequest = z.object({
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
export type QueuedRequest = z.infer<typeof QueuedRequest>

export const QueuedRequests = z.array(QueuedRequest).min(1).max(maxBatchRequests)

/** Up to 500 requests that arrived together: one row of the log, one BullMQ job. `receivedAt` in epoch ms of the database's clock. */
export const Batch = z.object({
  id: Uuid,
  campaign: CampaignId,
  lane: Lane,
  receivedAt: z.number(),
  requests: QueuedRequests,
})
export type Batch = z.infer<typeof Batch>

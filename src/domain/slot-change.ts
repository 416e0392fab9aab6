import { z } from 'zod'
import { Instant } from './campaign.ts'
import { ExternalId } from './ids.ts'

/** Most seats of one slot: a stadium's. A number beyond it is a slip. */
export const maxSlotCapacity = 100_000
/** Most slots that one change names: more are an import. */
export const maxChangedSlots = 1_000

const Capacity = z.int().min(0).max(maxSlotCapacity)

export const NewSlot = z
  .strictObject({ id: ExternalId, locationId: ExternalId, startsAt: Instant, endsAt: Instant, capacity: Capacity })
  .refine(({ startsAt, endsAt }) => Date.parse(startsAt) < Date.parse(endsAt), {
    path: ['endsAt'],
    message: 'does not lie after `startsAt`',
  })
export type NewSlot = z.infer<typeof NewSlot>

const slotIds = z.array(ExternalId).min(1).max(maxChangedSlots)
/** Some slots, or all of a location. */
const Which = z.union([z.strictObject({ slotIds }), z.strictObject({ locationId: ExternalId })])
export type Which = z.infer<typeof Which>

/**
 * What becomes of who holds a seat that is taken away: `keep` leaves them as they are (and is refused where that cannot be), `move` finds them
 * another, `cancel` cancels them.
 */
export const Affected = z.enum(['keep', 'move', 'cancel'])
export type Affected = z.infer<typeof Affected>

/** A change of a campaign's slots while people book them. */
export const SlotChange = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('add'), slots: z.array(NewSlot).min(1).max(maxChangedSlots) }),
  /** Below what is booked it takes seats away: from those who were booked last. */
  z.strictObject({
    do: z.literal('capacity'),
    slotId: ExternalId,
    capacity: Capacity,
    affected: Affected.default('keep'),
  }),
  /** Gives no seat any more. Who holds one may keep it. */
  z.strictObject({ do: z.literal('block'), which: Which, affected: Affected.default('keep') }),
  z.strictObject({ do: z.literal('unblock'), which: Which }),
  /** Gives no seat any more, and nobody keeps one. */
  z.strictObject({ do: z.literal('close'), which: Which, affected: Affected.default('keep') }),
  /** Nothing of the slots: what is free is offered to the line. After an import. */
  z.strictObject({ do: z.literal('offer') }),
])
export type SlotChange = z.infer<typeof SlotChange>

/** Why a change of slots was refused. Nothing has changed then. */
export const SlotChangeReason = z.enum([
  'unknown-slot',
  'unknown-location',
  'slot-exists',
  // Fewer seats than are taken, in a slot that has begun.
  'slot-past',
  // People hold seats that would be taken away, and nothing was said of them.
  'would-hit',
  // Somebody who would have to move finds no other seat.
  'cannot-move',
  'withdrawn-by-operator',
])
export type SlotChangeReason = z.infer<typeof SlotChangeReason>

/** A reservation with a seat in a slot that changed, and what became of it. */
export const AffectedReservation = z.object({
  reservationId: z.string(),
  slotId: z.string(),
  became: z.enum(['kept', 'moved', 'cancelled']).nullable(),
})
export type AffectedReservation = z.infer<typeof AffectedReservation>

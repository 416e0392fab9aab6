import type { SlotChange, SlotChangeReason, Which } from '../domain/slot-change.ts'
import type { StoredSlot } from '../postgres/slot-changes.ts'

/** The slots as a change would have them, and which of them it is about. */
export type ResolvedChange = { slots: StoredSlot[]; about: StoredSlot[] }

/** What a change means for the slots as they are; a reason when it names what is not there. */
export function resolveSlotChange(
  change: SlotChange,
  stored: StoredSlot[],
  locationIds: ReadonlySet<string>,
): ResolvedChange | SlotChangeReason {
  const byId = new Map(stored.map((slot) => [slot.id, slot]))

  function named(which: Which): StoredSlot[] | SlotChangeReason {
    if ('locationId' in which)
      return locationIds.has(which.locationId)
        ? stored.filter(({ locationId }) => locationId === which.locationId)
        : 'unknown-location'
    const found = which.slotIds.flatMap((id) => byId.get(id) ?? [])
    return found.length === new Set(which.slotIds).size ? found : 'unknown-slot'
  }

  function changed(
    slots: StoredSlot[] | SlotChangeReason,
    fields: Partial<StoredSlot>,
  ): ResolvedChange | SlotChangeReason {
    if (typeof slots === 'string') return slots
    const about = slots.map((slot) => ({ ...slot, ...fields }))
    const now = new Map(about.map((slot) => [slot.id, slot]))
    return { slots: stored.map((slot) => now.get(slot.id) ?? slot), about }
  }

  switch (change.do) {
    case 'offer':
      return { slots: stored, about: [] }
    case 'add': {
      if (change.slots.some(({ locationId }) => !locationIds.has(locationId))) return 'unknown-location'
      const added = change.slots.map(({ id, locationId, startsAt, capacity }) => ({
        id,
        locationId,
        startsAt: Date.parse(startsAt),
        capacity,
        booked: 0,
        blocked: false,
      }))
      const ids = new Set(added.map(({ id }) => id))
      if (ids.size < added.length || added.some(({ id }) => byId.has(id))) return 'slot-exists'
      return { slots: [...stored, ...added], about: added }
    }
    case 'capacity':
      return changed(named({ slotIds: [change.slotId] }), { capacity: change.capacity })
    case 'unblock':
      return changed(named(change.which), { blocked: false })
    case 'block':
    case 'close':
      return changed(named(change.which), { blocked: true })
  }
}

import { z } from 'zod'
import { ExternalId } from '../domain/ids.ts'
import { code, text } from '../domain/text.ts'
import type { Location } from '../postgres/locations.ts'
import type { Schedule } from '../postgres/schedules.ts'
import type { StagedSlot } from '../postgres/staged-slots.ts'
import { makeSlotId } from './make-slot-id.ts'
import { readTime } from './read-dates.ts'

/** Most seats of one slot: a stadium's. A number beyond it is a slip. */
export const maxSlotCapacity = 100_000

/** The columns of a CSV of slots, in the order of their cells here. */
export const slotColumns = ['locationId', 'locationName', 'address', 'slotId', 'startsAt', 'endsAt', 'capacity']

const SlotRow = z.object({
  locationId: ExternalId,
  locationName: text(200),
  address: z.union([z.literal(''), text(500)]),
  slotId: z.union([z.literal(''), ExternalId]),
  capacity: code(16).regex(/^\d+$/, 'is not a number').transform(Number).pipe(z.int().max(maxSlotCapacity)),
})

/** What a row of a CSV says: a slot, where it is, and the schedule that stands for "all slots there". */
export type ParsedSlotRow = { location: Location; schedule: Schedule; slot: Omit<StagedSlot, 'file' | 'line'> }

/** Parses the cells of one row; a string says what is wrong. Times without an offset are of `timeZone`. */
export function parseSlotRow(cells: string[], timeZone: string): ParsedSlotRow | string {
  const named = Object.fromEntries(slotColumns.map((column, place) => [column, cells[place]!]))
  const parsed = SlotRow.safeParse(named)
  if (!parsed.success) return `${parsed.error.issues[0]!.path.join('.')} ${parsed.error.issues[0]!.message}`
  const { locationId, locationName, address, slotId, capacity } = parsed.data
  const startsAt = readTime(named.startsAt!, timeZone)
  if (startsAt === null) return 'startsAt is not a time, as 2026-12-01T09:00+09:00 or 2026-12-01 09:00'
  const endsAt = readTime(named.endsAt!, timeZone)
  if (endsAt === null) return 'endsAt is not a time, as 2026-12-01T09:30+09:00 or 2026-12-01 09:30'
  if (endsAt <= startsAt) return 'endsAt does not lie after startsAt'
  // A prefix of its own: a schedule of a SMART file may be called as a location is.
  const scheduleId = `csv:${locationId}`
  return {
    location: { id: locationId, name: locationName, address: address || null },
    schedule: { id: scheduleId, locationId, service: null },
    // A CSV cannot say that a slot is closed, so it leaves a closed one closed.
    slot: { id: slotId || makeSlotId(locationId, startsAt), scheduleId, startsAt, endsAt, capacity, blocked: null },
  }
}

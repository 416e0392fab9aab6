import { z } from 'zod'
import { ExternalId } from '../domain/ids.ts'
import { text } from '../domain/text.ts'
import type { Location } from '../postgres/locations.ts'
import type { Schedule } from '../postgres/schedules.ts'
import type { StagedSlot } from '../postgres/staged-slots.ts'
import { maxSlotCapacity } from './parse-slot-row.ts'

/** What one line of a SMART Scheduling Links file says, in our words. */
export type SmartRow =
  | { kind: 'location'; location: Location }
  | { kind: 'schedule'; schedule: Schedule }
  | { kind: 'slot'; slot: Omit<StagedSlot, 'file' | 'line'> }

const Extension = z.array(z.looseObject({ url: z.string() })).default([])
const Instant = z.iso.datetime({ offset: true, error: 'is not an RFC 3339 time with an offset' })

/** A reference as `Location/0`, relative or absolute, to the id. */
const referenceTo = (type: string) =>
  z.object({ reference: z.string() }).transform(({ reference }, context) => {
    const [, id] = new RegExp(`(?:^|/)${type}/([^/]+)$`).exec(reference) ?? []
    if (id !== undefined && ExternalId.safeParse(id).success) return id
    context.addIssue(`is not a reference to a ${type}`)
    return z.NEVER
  })

const LocationLine = z.object({
  resourceType: z.literal('Location'),
  id: ExternalId,
  name: text(200),
  address: z
    .object({
      text: text(500).optional(),
      line: z.array(text(200)).max(10).default([]),
      city: text(200).optional(),
      state: text(200).optional(),
      postalCode: text(20).optional(),
    })
    .optional(),
})

const ScheduleLine = z.object({
  resourceType: z.literal('Schedule'),
  id: ExternalId,
  serviceType: z.array(z.unknown()).max(20).default([]),
  actor: z
    .array(z.object({ reference: z.string() }))
    .transform((actors) => actors.find(({ reference }) => /(?:^|\/)Location\//.test(reference)))
    .pipe(referenceTo('Location')),
  extension: Extension,
})

const SlotLine = z.object({
  resourceType: z.literal('Slot'),
  id: ExternalId,
  schedule: referenceTo('Schedule'),
  status: z.string(),
  start: Instant,
  end: Instant,
  extension: Extension,
})

const SmartLine = z.discriminatedUnion('resourceType', [LocationLine, ScheduleLine, SlotLine], {
  error: (issue) =>
    issue.code === 'invalid_union' ? 'is not Location, Schedule or Slot' : 'is not the JSON of an object',
})

const Capacity = z.int().min(0).max(maxSlotCapacity)

/** Parses one line. Or says what is wrong with it, and with what kind of row, as far as that can be seen. */
export function parseSmartLine(line: string): SmartRow | { kind: 'bad'; message: string } {
  const parsed = SmartLine.safeParse(parseJson(line))
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    return { kind: 'bad', message: path.length > 0 ? `${path.join('.')} ${message}` : message }
  }
  const row = parsed.data
  if (row.resourceType === 'Location') return { kind: 'location', location: toLocation(row) }
  if (row.resourceType === 'Schedule') {
    const service = { serviceType: row.serviceType, extension: row.extension }
    return { kind: 'schedule', schedule: { id: row.id, locationId: row.actor, service } }
  }
  return toSlot(row)
}

function toLocation({ id, name, address }: z.infer<typeof LocationLine>): Location {
  const { line = [], city, state, postalCode } = address ?? {}
  const parts = [...line, city, [state, postalCode].filter(Boolean).join(' ')].filter(Boolean)
  return { id, name, address: address?.text ?? (parts.join(', ') || null) }
}

function toSlot({
  id,
  schedule,
  status,
  start,
  end,
  extension,
}: z.infer<typeof SlotLine>): ReturnType<typeof parseSmartLine> {
  const stated = extension.find(({ url }) => url.endsWith('/slot-capacity'))
  const capacity = Capacity.safeParse(stated ? stated.valueInteger : 1)
  if (!capacity.success) return { kind: 'bad', message: `slot-capacity is not a number from 0 to ${maxSlotCapacity}` }
  const startsAt = Date.parse(start)
  const endsAt = Date.parse(end)
  if (endsAt <= startsAt) return { kind: 'bad', message: 'end does not lie after start' }
  return {
    kind: 'slot',
    slot: { id, scheduleId: schedule, startsAt, endsAt, capacity: capacity.data, blocked: status !== 'free' },
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

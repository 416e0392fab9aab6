import { ReservationRequest } from '../domain/reservation.ts'
import { foldDay } from '../operations/read-dates.ts'

/** The columns of an institution's CSV, in the order of their cells here; all but the first two may be missing or empty. */
export const reservationColumns = [
  'voucher',
  'birthDate',
  'slotId',
  'locationId',
  'from',
  'to',
  'waitlist',
  'name',
  'phone',
  'email',
]
export const optionalReservationColumns = reservationColumns.slice(2)

const yes = new Set(['yes', 'true', '1'])
const no = new Set(['', 'no', 'false', '0'])

/**
 * One row as the request that a client would send: the slots of `slotId` in their order (separated by spaces), then any at the
 * locations of `locationId` from one day to another. A string says what is wrong, without repeating what is personal.
 */
export function parseReservationRow(cells: string[]): ReservationRequest | string {
  const [voucher, birthDate, slotId, locationId, from, to, waitlist, name, phone, email] = cells as [
    string,
    string,
    ...string[],
  ]
  const wait = waitlist!.toLowerCase()
  if (!yes.has(wait) && !no.has(wait)) return 'waitlist is neither yes nor no'
  const locationIds = idsOf(locationId!)
  const choices = [
    ...idsOf(slotId!).map((slotId) => ({ slotId })),
    ...(locationIds.length > 0 ? [{ locationIds, from: foldDay(from!), to: foldDay(to!) }] : []),
  ]
  if (choices.length === 0) return 'names neither slotId nor locationId'
  const person = {
    ...(name && { name }),
    ...(phone && { phone }),
    ...(email && { email }),
  }
  const parsed = ReservationRequest.safeParse({
    voucher,
    birthDate: foldDay(birthDate),
    choices,
    waitlist: yes.has(wait),
    ...(Object.keys(person).length > 0 && { person }),
  })
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  return `${columnOf(path)} ${message}`
}

const idsOf = (cell: string) => cell.split(/\s+/).filter((id) => id !== '')

/** The column from which a part of the request came. */
function columnOf(path: PropertyKey[]): string {
  const last = String(path.findLast((part) => typeof part === 'string') ?? '')
  if (last === 'locationIds') return 'locationId'
  return last === 'choices' ? 'slotId or locationId' : last
}

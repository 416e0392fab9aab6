import { z } from 'zod'
import { Choices } from './choice.ts'
import { code, text } from './text.ts'

const oldest = '1900-01-01'
const millisecondsPerDay = 86_400_000

export const BirthDate = z.iso.date('is not a day of the calendar, as 1980-01-02').refine(
  // Until tomorrow, by UTC: a child born today in Tokyo is not refused.
  (day) => oldest <= day && Date.parse(day) <= Date.now() + millisecondsPerDay,
  'is not a birth date of someone living',
)

export const Voucher = code(64)

export const Person = z.strictObject({
  name: text(200).optional(),
  phone: code(32).optional(),
  email: z.email().max(254).optional(),
})
export type Person = z.infer<typeof Person>

/** What identifies a person where no receipt is at hand. */
export const KnownPair = z
  .strictObject({ voucher: Voucher, birthDate: BirthDate })
  .meta({ id: 'KnownPair', examples: [{ voucher: '0123456789', birthDate: '1980-01-02' }] })
export type KnownPair = z.infer<typeof KnownPair>

/** What a client sends to ask for a seat. */
export const ReservationRequest = z
  .strictObject({
    voucher: Voucher,
    birthDate: BirthDate,
    choices: Choices,
    waitlist: z.boolean().default(false),
    person: Person.optional(),
  })
  .meta({
    id: 'ReservationRequest',
    examples: [
      {
        voucher: '0123456789',
        birthDate: '1980-01-02',
        choices: [
          { slotId: 'shibuya@20261201T0030Z' },
          { locationIds: ['shibuya', 'minato'], from: '2026-12-01', to: '2026-12-07' },
        ],
        waitlist: true,
        person: { name: '山田 花子', phone: '+81312345678', email: 'hanako@example.org' },
      },
    ],
  })
export type ReservationRequest = z.infer<typeof ReservationRequest>

export const Reason = z.enum(['sold-out', 'voucher-used', 'not-eligible', 'closed', 'withdrawn-by-operator'])
export type Reason = z.infer<typeof Reason>

/** Once decided. Before that a reservation is `queued`, and stands in the log only. */
export const DecidedStatus = z.enum(['booked', 'waitlisted', 'rejected', 'cancelled'])
export type DecidedStatus = z.infer<typeof DecidedStatus>

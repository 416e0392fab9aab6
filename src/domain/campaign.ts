import { z } from 'zod'
import { CampaignId, ExternalId } from './ids.ts'
import { text } from './text.ts'

/** Most cohorts of one campaign: the register keeps each person's cohort in one byte. */
export const maxCohorts = 255

const LocalisedName = z
  .strictObject({ ja: text(200).optional(), en: text(200).optional() })
  .refine((name) => name.ja !== undefined || name.en !== undefined, 'needs a name in `ja` or `en`')

export const Instant = z.iso.datetime({ offset: true, error: 'is not an RFC 3339 time with an offset' })

const TimeZone = z.string().refine((zone) => {
  try {
    Temporal.Now.zonedDateTimeISO(zone)
    return /^[A-Za-z]/.test(zone)
  } catch {
    return false
  }
}, 'is not an IANA time zone, as Asia/Tokyo')

const VoucherPattern = z
  .string()
  .max(200)
  .refine((pattern) => {
    try {
      new RegExp(pattern, 'u')
      return pattern.startsWith('^') && pattern.endsWith('$')
    } catch {
      return false
    }
  }, 'is not a regular expression from ^ to $')

export const Cohort = z.strictObject({ id: ExternalId, opensAt: Instant })

export type Doses = z.infer<typeof Doses>
export const Doses = z.strictObject({
  count: z.int().min(1).max(10),
  gapDays: z
    .strictObject({ min: z.int().min(0).max(366), max: z.int().min(0).max(366) })
    .refine(({ min, max }) => min <= max, { path: ['max'], message: 'is less than `min`' }),
  sameLocation: z.boolean(),
})

/** A campaign as its file states it (contract, "Files"). */
export const CampaignFile = z
  .strictObject({
    id: CampaignId,
    name: LocalisedName,
    timeZone: TimeZone,
    opensAt: Instant,
    closesAt: Instant,
    eligibility: z.enum(['register', 'anyone']).default('register'),
    voucherPattern: VoucherPattern.default('^[0-9]{10}$'),
    mode: z.enum(['queue', 'draw']).default('queue'),
    doses: Doses.optional(),
    cohorts: z.array(Cohort).max(maxCohorts).default([]),
  })
  .refine(({ opensAt, closesAt }) => Date.parse(opensAt) < Date.parse(closesAt), {
    path: ['closesAt'],
    message: 'does not lie after `opensAt`',
  })
  .refine(({ cohorts }) => new Set(cohorts.map(({ id }) => id)).size === cohorts.length, {
    path: ['cohorts'],
    message: 'names a cohort twice',
  })
export type CampaignFile = z.infer<typeof CampaignFile>

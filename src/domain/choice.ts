import { z } from 'zod'
import { ExternalId } from './ids.ts'

/** Longest stretch of days that one choice may span: a campaign is planned in months. */
export const maxChoiceDays = 366
/** Most locations in one choice: a ward has fewer. */
export const maxChoiceLocations = 50
/** Most choices in one request. */
export const maxChoices = 10

const millisecondsPerDay = 86_400_000

export const Day = z.iso.date('is not a day of the calendar, as 2026-12-01').meta({ examples: ['2026-12-01'] })

/** One slot, by its id. */
export const SlotChoice = z.strictObject({ slotId: ExternalId })

/** Any slot at these locations between these days: days of the campaign's time zone, both inclusive. */
export const RangeChoice = z
  .strictObject({ locationIds: z.array(ExternalId).min(1).max(maxChoiceLocations), from: Day, to: Day })
  .refine(({ from, to }) => from <= to, { path: ['to'], message: 'lies before `from`' })
  .refine(({ from, to }) => Date.parse(to) - Date.parse(from) <= maxChoiceDays * millisecondsPerDay, {
    path: ['to'],
    message: `lies more than ${maxChoiceDays} days after \`from\``,
  })
  .refine(({ locationIds }) => new Set(locationIds).size === locationIds.length, {
    path: ['locationIds'],
    message: 'names a location twice',
  })

export const Choice = z.union([SlotChoice, RangeChoice])
export type Choice = z.infer<typeof Choice>

/** Ranked: the first that can be had is given. */
export const Choices = z.array(Choice).min(1).max(maxChoices)

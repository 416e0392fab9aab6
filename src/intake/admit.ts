import type { Choice } from '../domain/choice.ts'
import { Problem } from '../errors.ts'
import type { Campaign } from '../status/catalogue.ts'
import { zonedTime } from '../status/zoned-time.ts'

/** Nobody is asked to come back later than this, in seconds: an opening may be moved. */
const maxRetryAfterSeconds = 3_600

/** Refuses a voucher that is not of the campaign's form. It says nothing about whether the voucher exists. */
export function checkVoucherForm(campaign: Campaign, voucher: string): void {
  if (campaign.voucherPattern.test(voucher)) return
  throw new Problem('invalid-request', 'The voucher does not have the form of this campaign.', {
    errors: [{ path: 'voucher', message: `does not match ${campaign.voucherPattern.source}` }],
  })
}

/** Refuses while the campaign, or the person's cohort, is not open. `cohort`: its place plus one, 0 for none. */
export function checkOpen(campaign: Campaign, cohort: number, now: number): void {
  const opensAt = Math.max(campaign.opensAt, campaign.cohorts[cohort - 1]?.opensAt ?? 0)
  if (now >= opensAt && now < campaign.closesAt) return
  const opens = zonedTime(opensAt, campaign.timeZone)
  if (now < opensAt)
    throw new Problem('not-open', `Reservations open at ${opens}.`, {
      opensAt: opens,
      retryAfterSeconds: Math.min(Math.ceil((opensAt - now) / 1_000), maxRetryAfterSeconds),
    })
  throw new Problem('not-open', `Reservations closed at ${zonedTime(campaign.closesAt, campaign.timeZone)}.`, {
    opensAt: opens,
    retryAfterSeconds: maxRetryAfterSeconds,
  })
}

/** Refuses choices that name slots or locations which this campaign does not have. */
export function checkChoices(campaign: Campaign, choices: Choice[]): void {
  const errors: { path: string; message: string }[] = []
  for (const [at, choice] of choices.entries()) {
    if ('slotId' in choice) {
      if (!campaign.slots.has(choice.slotId))
        errors.push({ path: `choices.${at}.slotId`, message: 'is not a slot of this campaign' })
      continue
    }
    for (const [place, id] of choice.locationIds.entries())
      if (!campaign.locations.has(id))
        errors.push({ path: `choices.${at}.locationIds.${place}`, message: 'is not a location of this campaign' })
  }
  if (errors.length > 0) throw new Problem('unknown-choice', 'A choice is not one of this campaign.', { errors })
}

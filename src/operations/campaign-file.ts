import type { CampaignFile } from '../domain/campaign.ts'
import type { Campaign } from '../postgres/campaigns.ts'

/** A campaign as its file would state it, times in its own zone. Cohorts by id; openings in epoch ms. */
export function toCampaignFile(campaign: Campaign, cohorts: { id: string; opensAt: number }[]): CampaignFile {
  const { id, name, timeZone, eligibility, voucherPattern, mode, doses } = campaign
  const time = (epochMs: number) => zonedText(epochMs, timeZone)
  return {
    id,
    name,
    timeZone,
    opensAt: time(campaign.opensAt),
    closesAt: time(campaign.closesAt),
    eligibility,
    voucherPattern,
    mode,
    ...(doses && { doses }),
    cohorts: cohorts
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((cohort) => ({ id: cohort.id, opensAt: time(cohort.opensAt) })),
  }
}

/** An instant (epoch ms) as RFC 3339 with the offset of a zone: 2026-12-01T09:00:00+09:00. */
export const zonedText = (epochMs: number, timeZone: string) =>
  Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timeZone).toString({ timeZoneName: 'never' })

import type { Key } from '../config.ts'
import { CampaignFile } from '../domain/campaign.ts'
import { UserError } from '../errors.ts'
import { type Campaign, readCampaign } from '../postgres/campaigns.ts'
import { readCohorts } from '../postgres/cohorts.ts'
import { copyLocations, copySchedules } from '../postgres/copy-catalogue.ts'
import type { Pool } from '../postgres/pool.ts'
import { transaction } from '../postgres/transaction.ts'
import { toCampaignFile, zonedText } from './campaign-file.ts'
import { copySlots } from './copy-slots.ts'
import { insertWholeCampaign } from './insert-whole-campaign.ts'
import { readTime } from './read-dates.ts'
import { shiftDays } from './shift-days.ts'

export type CampaignCopied = { campaign: CampaignFile; locations: number; schedules: number; slots: number }

/**
 * Copies a campaign's rules, cohorts, locations and schedules under a new id, with a data key of its own; with `slotsByDays` its slots
 * too, so many days later by the clock of its zone. Never vouchers or reservations. Times that are not given keep their distance to the
 * opening, which, if it is not given either, is as many days later as the slots are. Throws a UserError when something is wrong.
 */
export async function copyCampaign({
  pool,
  master,
  from,
  to,
  opensAt,
  closesAt,
  slotsByDays,
  by,
}: {
  pool: Pool
  master: Key[]
  from: string
  to: string
  opensAt?: string | undefined
  closesAt?: string | undefined
  slotsByDays?: number | undefined
  by: string
}): Promise<CampaignCopied> {
  return transaction(pool, async (tx) => {
    const source = await readCampaign(tx, from)
    if (!source) throw new UserError(`there is no campaign ${from}`, { type: 'not-found' })
    const cohorts = await readCohorts(tx, from)
    const move = createMove(source, { opensAt, closesAt, days: slotsByDays ?? 0 })
    const campaign = check({
      ...toCampaignFile(
        { ...source, id: to, opensAt: move.opensAt, closesAt: move.closesAt },
        cohorts.map((cohort) => ({ id: cohort.id, opensAt: move.along(cohort.opensAt) })),
      ),
    })
    await insertWholeCampaign(tx, { campaign, master, by, from })
    const locations = await copyLocations(tx, from, to)
    const schedules = await copySchedules(tx, from, to)
    const slots =
      slotsByDays === undefined ? 0 : await copySlots(tx, { from, to, days: slotsByDays, timeZone: source.timeZone })
    return { campaign, locations, schedules, slots }
  })
}

/** Where the times of the source go. */
function createMove(
  source: Campaign,
  given: { opensAt: string | undefined; closesAt: string | undefined; days: number },
) {
  const later = (epochMs: number) => shiftDays(epochMs, given.days, source.timeZone)
  const opensAt = given.opensAt === undefined ? later(source.opensAt) : readOption('--opens-at', given.opensAt, source)
  const along = (epochMs: number) =>
    given.opensAt === undefined ? later(epochMs) : opensAt + (epochMs - source.opensAt)
  const closesAt =
    given.closesAt === undefined ? along(source.closesAt) : readOption('--closes-at', given.closesAt, source)
  return { opensAt, closesAt, along }
}

function readOption(name: string, text: string, { timeZone }: Campaign): number {
  const instant = readTime(text, timeZone)
  if (instant === null)
    throw new UserError(`${name} is not a time, as ${zonedText(Date.UTC(2026, 11, 1), timeZone)} or 2026-12-01 09:00`)
  return instant
}

function check(file: CampaignFile): CampaignFile {
  const parsed = CampaignFile.safeParse(file)
  if (parsed.success) return parsed.data
  throw new UserError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'))
}

import type { Key } from '../config.ts'
import { Day } from '../domain/choice.ts'
import { UserError } from '../errors.ts'
import { readCampaignKeys } from '../postgres/campaign-keys.ts'
import type { Pool } from '../postgres/pool.ts'
import { type RosterEntry, readRosterEntries, readRosterPlace } from '../postgres/rosters.ts'
import { transaction } from '../postgres/transaction.ts'
import { open, type Personal } from '../privacy/boxes.ts'
import { type DataKey, unwrapDataKey, type WrappedKey } from '../privacy/data-keys.ts'
import { zonedText } from './campaign-file.ts'
import { noteLooks } from './note-looks.ts'

/** One who is expected. `who` null: the box was erased, or cannot be opened. `startsAt`: RFC 3339 with the campaign's offset. */
export type Expected = { reservationId: string; slotId: string; startsAt: string; dose: number; who: Personal | null }
export type Roster = { campaign: string; location: string; date: string; expected: Expected[] }

/**
 * Who is expected at a location on a day (of the campaign's time zone), by time. Every one is a look at a person, noted and counted
 * before it is opened. Throws a UserError when there is no such campaign, location or day, or the budget does not reach.
 */
export async function readRoster({
  pool,
  master,
  campaign,
  location,
  date,
  by,
}: {
  pool: Pool
  master: Key[]
  campaign: string
  location: string
  date: string
  by: string
}): Promise<Roster> {
  const day = Day.safeParse(date)
  if (!day.success) throw new UserError(`date: ${day.error.issues[0]!.message}`)
  const { place, entries, wrapped } = await transaction(pool, async (tx) => {
    const place = await readRosterPlace(tx, campaign, location)
    if (!place) throw new UserError(`there is no campaign ${campaign}`, { type: 'not-found' })
    if (place.location === null) throw new UserError(`${campaign} has no location ${location}`, { type: 'not-found' })
    const entries = await readRosterEntries(tx, { campaign, location, day: day.data })
    const reservationIds = [...new Set(entries.filter(({ box }) => box).map(({ reservationId }) => reservationId))]
    await noteLooks(tx, by, { campaign, reservationIds, detail: { roster: location, date } })
    return { place, entries, wrapped: await readCampaignKeys(tx, campaign) }
  })
  const keys = wrapped.map((key) => unwrap(campaign, key, master))
  const expected = entries.map((entry) => {
    const { reservationId, slotId, startsAt, dose } = entry
    return { reservationId, slotId, startsAt: zonedText(startsAt, place.timeZone), dose, who: openBox(entry, keys) }
  })
  return { campaign, location, date, expected }
}

function unwrap(campaign: string, key: WrappedKey, master: Key[]): DataKey {
  try {
    return unwrapDataKey(campaign, key, master)
  } catch (cause) {
    throw new UserError(`the data key of ${campaign} cannot be unwrapped: JUNBAN_MASTER_KEYS is another`, { cause })
  }
}

function openBox({ box, reservationId }: RosterEntry, keys: DataKey[]): Personal | null {
  if (box === null) return null
  try {
    return open(box, keys, reservationId)
  } catch {
    return null // erased; or not sealed for this row, and then nobody is to be taken for another
  }
}

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Keys } from '#src/config.ts'
import { createCampaign } from '#src/operations/create-campaign.ts'
import { importSlots } from '#src/operations/import-slots.ts'
import { importVouchers } from '#src/operations/import-vouchers.ts'
import type { Pool } from '#src/postgres/pool.ts'
import { createFingerprints } from '#src/privacy/fingerprints.ts'
import { until } from '../system/until.ts'

const by = 'fault harness'
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const birthDate = '1980-01-02'

/** Locations and slots that a campaign of the harness has. */
export const halls = ['east', 'west', 'north'] as const
export const slotsEach = 8
export const slotId = (hall: string, n: number) => `${hall}-${n}`
export const doses = { count: 2, gapDays: { min: 21, max: 28 }, sameLocation: true }

/** What there is of seats in each location's n-th slot, and so many days later than its hour it starts. */
const offers = {
  /** Asked for and nothing else, so that a seat lost to a later request can be proved. Half of the slots are plenty. */
  plain: { seats: (n: number) => (n < slotsEach / 2 ? 6 : 5_000), daysLater: () => 0 },
  /** Cancelled, moved and waited for: there is too little of everything. */
  changing: { seats: () => 4, daysLater: () => 0 },
  /** The same with two doses: the last slots of a location can only be second ones, and there are fewer of them. */
  series: {
    seats: (n: number) => (n < slotsEach / 2 ? 4 : 3),
    daysLater: (n: number) => (n < slotsEach / 2 ? 0 : doses.gapDays.min),
  },
}
export type Home = keyof typeof offers
export const homes = Object.keys(offers) as Home[]
export const campaignId = (trial: string, home: Home) => `${trial}-${home}`
export const campaignsOf = (trial: string) => homes.map((home) => campaignId(trial, home))

/** In the register. Whoever has a higher voucher is not. */
export const people = 8_000

export const personOf = (n: number) => ({ voucher: String(n).padStart(10, '0'), birthDate })

const instant = (epochMs: number) => new Date(epochMs).toISOString()

type Place = { pool: Pool; keys: Keys; folder: string; apis: { url: string }[] }

/** Makes a trial's campaigns, which are open, with the operator's own tools, and waits until every API has taken register and slots in. */
export async function addCampaigns(place: Place, trial: string): Promise<void> {
  for (const home of homes) await addCampaign(place, campaignId(trial, home), home)
}

async function addCampaign({ pool, keys, folder, apis }: Place, id: string, home: Home): Promise<void> {
  const text = JSON.stringify({
    id,
    name: { en: id },
    timeZone: 'Asia/Tokyo',
    opensAt: instant(Date.now() - hourMs),
    closesAt: instant(Date.now() + 720 * hourMs),
    ...(home === 'series' && { doses }),
    cohorts: [],
  })
  await createCampaign({ pool, master: keys.master, text, by })
  const slots = join(folder, 'slots.csv')
  await writeFile(slots, slotRows(offers[home]).join('\n'))
  await importSlots({ pool, campaign: id, files: [slots], by })
  // The register last: an API reads what a campaign offers first.
  const vouchers = join(folder, 'vouchers.csv')
  const rows = Array.from({ length: people }, (_, n) => `${personOf(n).voucher},${birthDate},`)
  await writeFile(vouchers, ['voucher,birthDate,cohort', ...rows, ''].join('\n'))
  await importVouchers({ pool, campaign: id, file: vouchers, fingerprints: createFingerprints(keys.voucher), by })
  await Promise.all(apis.map(({ url }) => until(`${url} knows ${id}`, () => knows(url, id))))
}

function slotRows({ seats, daysLater }: (typeof offers)[Home]): string[] {
  // Not the next day: whose clock is an hour ahead would see an appointment begin.
  const firstDay = (Math.ceil(Date.now() / dayMs) + 1) * dayMs
  const rows = halls.flatMap((hall) =>
    Array.from({ length: slotsEach }, (_, n) => {
      const startsAt = firstDay + daysLater(n) * dayMs + n * hourMs
      return `${hall},${hall},1 Street,${slotId(hall, n)},${instant(startsAt)},${instant(startsAt + hourMs)},${seats(n)}`
    }),
  )
  return ['locationId,locationName,address,slotId,startsAt,endsAt,capacity', ...rows, '']
}

async function knows(url: string, id: string): Promise<boolean> {
  const answer = await fetch(`${url}/metrics`)
  const known = new RegExp(`^junban_register_vouchers\\{campaign="${id}"\\} ${people}$`, 'm')
  return known.test(await answer.text())
}

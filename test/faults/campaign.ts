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
const birthDate = '1980-01-02'

/** Locations and slots that a campaign of the harness has: in the first of each location many find no seat. */
export const halls = ['east', 'west', 'north'] as const
export const slotsEach = 8
export const slotId = (hall: string, n: number) => `${hall}-${n}`
const scarceSeats = 25
const plentySeats = 5_000
/** In the register. Whoever has a higher voucher is not. */
export const people = 8_000

export const personOf = (n: number) => ({ voucher: String(n).padStart(10, '0'), birthDate })

const instant = (epochMs: number) => new Date(epochMs).toISOString()

/** Makes a campaign that is open, with the operator's own tools, and waits until every API has taken its register and slots in. */
export async function addCampaign({
  pool,
  keys,
  folder,
  apis,
  id,
}: {
  pool: Pool
  keys: Keys
  folder: string
  apis: { url: string }[]
  id: string
}): Promise<void> {
  const text = JSON.stringify({
    id,
    name: { en: id },
    timeZone: 'Asia/Tokyo',
    opensAt: instant(Date.now() - hourMs),
    closesAt: instant(Date.now() + 720 * hourMs),
    cohorts: [],
  })
  await createCampaign({ pool, master: keys.master, text, by })
  const slots = join(folder, 'slots.csv')
  await writeFile(slots, slotRows().join('\n'))
  await importSlots({ pool, campaign: id, files: [slots], by })
  // The register last: an API reads what a campaign offers first.
  const vouchers = join(folder, 'vouchers.csv')
  const rows = Array.from({ length: people }, (_, n) => `${personOf(n).voucher},${birthDate},`)
  await writeFile(vouchers, ['voucher,birthDate,cohort', ...rows, ''].join('\n'))
  await importVouchers({ pool, campaign: id, file: vouchers, fingerprints: createFingerprints(keys.voucher), by })
  await Promise.all(apis.map(({ url }) => until(`${url} knows ${id}`, () => knows(url, id))))
}

function slotRows(): string[] {
  const tomorrow = Math.ceil(Date.now() / (24 * hourMs)) * 24 * hourMs
  const rows = halls.flatMap((hall) =>
    Array.from({ length: slotsEach }, (_, n) => {
      const startsAt = tomorrow + n * hourMs
      const seats = n < slotsEach / 2 ? scarceSeats : plentySeats
      return `${hall},${hall},1 Street,${slotId(hall, n)},${instant(startsAt)},${instant(startsAt + hourMs)},${seats}`
    }),
  )
  return ['locationId,locationName,address,slotId,startsAt,endsAt,capacity', ...rows, '']
}

async function knows(url: string, id: string): Promise<boolean> {
  const answer = await fetch(`${url}/metrics`)
  const known = new RegExp(`^junban_register_vouchers\\{campaign="${id}"\\} ${people}$`, 'm')
  return known.test(await answer.text())
}

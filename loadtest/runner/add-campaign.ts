import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Keys } from '#src/config.ts'
import { createCampaign } from '#src/operations/create-campaign.ts'
import { generatePeople } from '#src/operations/generate-people.ts'
import { importSlots } from '#src/operations/import-slots.ts'
import { importVouchers } from '#src/operations/import-vouchers.ts'
import type { Pool } from '#src/postgres/pool.ts'
import { createFingerprints } from '#src/privacy/fingerprints.ts'

const by = 'load test'
const halls = 20
const days = 20
const slotsPerDay = 16
const slotMinutes = 30
/** Seats per person at least: nobody finds their places full. */
const seatsEach = 2
const peoplePerPiece = 2_000
const timeZone = 'Asia/Tokyo'

/** A campaign that is open, with the people of a seed in its register and more than a seat for each. By the operator's own tools. */
export async function addCampaign({
  pool,
  keys,
  folder,
  id,
  people,
  seed,
  first,
}: {
  pool: Pool
  keys: Keys
  folder: string
  id: string
  people: number
  seed: number
  first: number
}): Promise<void> {
  const now = Temporal.Now.instant()
  const text = JSON.stringify({
    id,
    name: { en: 'Load test' },
    timeZone,
    opensAt: now.subtract({ hours: 1 }).toString(),
    closesAt: now.add({ hours: 24 * 90 }).toString(),
  })
  await createCampaign({ pool, master: keys.master, text, by })

  const slots = join(folder, 'slots.csv')
  await writeFile(slots, slotRows(Math.ceil((people * seatsEach) / (halls * days * slotsPerDay))).join('\n'))
  await importSlots({ pool, campaign: id, files: [slots], by })

  const vouchers = join(folder, 'vouchers.csv')
  await pipeline(Readable.from(voucherRows(people, seed, first)), createWriteStream(vouchers))
  await importVouchers({ pool, campaign: id, file: vouchers, fingerprints: createFingerprints(keys.voucher), by })
}

function slotRows(capacity: number): string[] {
  const opening = Temporal.Now.zonedDateTimeISO(timeZone).startOfDay().add({ days: 1, hours: 9 })
  const rows = ['locationId,locationName,address,slotId,startsAt,endsAt,capacity']
  for (let hall = 1; hall <= halls; hall++) {
    const place = `hall-${hall},Hall ${hall},${hall} Street`
    for (let day = 0; day < days; day++) {
      for (let turn = 0; turn < slotsPerDay; turn++) {
        const startsAt = opening.add({ days: day, minutes: turn * slotMinutes })
        const [from, to] = [startsAt, startsAt.add({ minutes: slotMinutes })].map((at) => at.toInstant().toString())
        rows.push(`${place},,${from},${to},${capacity}`)
      }
    }
  }
  return rows
}

function* voucherRows(people: number, seed: number, first: number): Generator<string> {
  let piece = 'voucher,birthDate,cohort\n'
  let held = 0
  let n = 0
  for (const { voucher, birthDate } of generatePeople(first + people, seed)) {
    if (n++ < first) continue
    piece += `${voucher},${birthDate},\n`
    if (++held % peoplePerPiece === 0) {
      yield piece
      piece = ''
    }
  }
  yield piece
}

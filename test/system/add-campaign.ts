import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Key } from '#src/config.ts'
import { createCampaign } from '#src/operations/create-campaign.ts'
import { importSlots } from '#src/operations/import-slots.ts'
import { importVouchers } from '#src/operations/import-vouchers.ts'
import type { Pool } from '#src/postgres/pool.ts'
import { createFingerprints } from '#src/privacy/fingerprints.ts'
import { campaignFile, testKeys } from '../setup/operator-database.ts'
import { send } from './send.ts'
import { until } from './until.ts'

export type CampaignOptions = {
  id: string
  /** Capacity by slot id, all at location `here`, one an hour from tomorrow. Or files to import. */
  slots: Record<string, number> | string[]
  /** Birth date by voucher: who is in the register. Not given: anyone may book. */
  register?: Record<string, string>
  /** More of the campaign's file. */
  fields?: Record<string, unknown>
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const instant = (epochMs: number) => new Date(epochMs).toISOString()

/** Makes a campaign with the operator's own tools and waits until every API offers all of its slots, and knows who may book. */
export async function addCampaign(
  { dir, pool, apis, voucherKey }: { dir: string; pool: Pool; apis: { url: string }[]; voucherKey: Key },
  { id, slots, register, fields = {} }: CampaignOptions,
): Promise<void> {
  const text = campaignFile({
    id,
    name: { en: id },
    opensAt: instant(Date.now() - hourMs),
    closesAt: instant(Date.now() + 30 * dayMs),
    eligibility: register ? 'register' : 'anyone',
    cohorts: [],
    ...fields,
  })
  await createCampaign({ pool, master: testKeys.master, text, by: 'test' })
  if (register) {
    const file = await write(
      join(dir, `${id}-vouchers.csv`),
      'voucher,birthDate,cohort',
      Object.entries(register).map(([voucher, day]) => `${voucher},${day},`),
    )
    await importVouchers({ pool, campaign: id, file, fingerprints: createFingerprints(voucherKey), by: 'test' })
  }
  const files = Array.isArray(slots) ? slots : [await writeSlots(join(dir, `${id}-slots.csv`), slots)]
  await importSlots({ pool, campaign: id, files, by: 'test' })

  const { rows } = await pool.query('select count(*) as slots from slots where campaign_id = $1', [id])
  await Promise.all(apis.map((api) => untilOffered(api, id, rows[0].slots)))
}

function writeSlots(file: string, slots: Record<string, number>): Promise<string> {
  const tomorrow = Math.ceil(Date.now() / dayMs) * dayMs
  const rows = Object.entries(slots).map(([slot, capacity], n) => {
    const startsAt = tomorrow + n * hourMs
    return `here,Here,1 Street,${slot},${instant(startsAt)},${instant(startsAt + hourMs)},${capacity}`
  })
  return write(file, 'locationId,locationName,address,slotId,startsAt,endsAt,capacity', rows)
}

async function write(file: string, header: string, rows: string[]): Promise<string> {
  await writeFile(file, [header, ...rows, ''].join('\n'))
  return file
}

/** The metrics would say it too; this is what clients see. */
async function untilOffered(api: { url: string }, campaign: string, slots: number): Promise<void> {
  await until(`${api.url} offers ${slots} slots of ${campaign}`, async () => {
    let found = 0
    for (let after = ''; ; ) {
      const { status, text } = await send(`${api.url}/v1/campaigns/${campaign}/slots?limit=1000${after}`)
      if (status !== 200) return false
      const page = JSON.parse(text)
      found += page.slots.length
      if (page.next === null) return found === slots
      after = `&after=${encodeURIComponent(page.next)}`
    }
  })
}

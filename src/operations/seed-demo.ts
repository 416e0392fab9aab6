import type { Keys } from '../config.ts'
import type { CampaignFile } from '../domain/campaign.ts'
import type { Logger } from '../logger.ts'
import { hasCampaigns } from '../postgres/campaigns.ts'
import { upsertLocations } from '../postgres/locations.ts'
import { lockSeeding } from '../postgres/locks.ts'
import { createPool } from '../postgres/pool.ts'
import { upsertSchedules } from '../postgres/schedules.ts'
import { upsertStagedSlots } from '../postgres/slots.ts'
import { createStagedSlots, finishStagedSlots, type StagedSlot, stageSlots } from '../postgres/staged-slots.ts'
import { transaction } from '../postgres/transaction.ts'
import { insertOperatorWithKey } from './add-operator.ts'
import { demoLocations } from './demo-locations.ts'
import { insertWholeCampaign } from './insert-whole-campaign.ts'
import { makeSlotId } from './make-slot-id.ts'

const timeZone = 'Asia/Tokyo'
const days = 14
const firstHour = 9
const slotsPerDay = 16 // every 30 minutes, 09:00 to 17:00
const slotMinutes = 30
const capacity = 10
const by = 'npm start'

/**
 * Gives an empty database the campaign `demo` and one admin operator, whose key is returned and not kept. Null when there is a
 * campaign already. Two that start at once: one seeds, the other gets null.
 */
export async function seedDemo({
  databaseUrl,
  keys,
  log,
}: {
  databaseUrl: string
  keys: Keys
  log: Logger
}): Promise<{ adminKey: string } | null> {
  const pool = createPool({ url: databaseUrl, role: 'junban_operator', name: 'seed', log, max: 1 })
  try {
    return await transaction(pool, async (tx) => {
      await lockSeeding(tx)
      if (await hasCampaigns(tx)) return null
      const today = Temporal.Now.zonedDateTimeISO(timeZone).startOfDay()
      const campaign = demoCampaign(today)
      await insertWholeCampaign(tx, { campaign, master: keys.master, by })
      await createStagedSlots(tx)
      await stageSlots(tx, demoSlots(today))
      await finishStagedSlots(tx)
      await upsertLocations(tx, campaign.id, demoLocations)
      await upsertSchedules(
        tx,
        campaign.id,
        demoLocations.map(({ id }) => ({ id, locationId: id, service: null })),
      )
      const slots = await upsertStagedSlots(tx, campaign.id)
      const adminKey = await insertOperatorWithKey(tx, { name: 'admin', role: 'admin', by })
      log.info({ campaign: campaign.id, locations: demoLocations.length, slots: slots.new }, 'demo seeded')
      return { adminKey }
    })
  } finally {
    await pool.end()
  }
}

function demoCampaign(today: Temporal.ZonedDateTime): CampaignFile {
  const instant = (day: Temporal.ZonedDateTime) => day.toString({ timeZoneName: 'never' })
  return {
    id: 'demo',
    name: { ja: '東京デモ接種', en: 'Tokyo demonstration' },
    timeZone,
    opensAt: instant(today.subtract({ days: 1 })),
    closesAt: instant(today.add({ years: 1 })),
    eligibility: 'anyone',
    voucherPattern: '^[0-9]{10}$',
    mode: 'queue',
    cohorts: [],
  }
}

function demoSlots(today: Temporal.ZonedDateTime): StagedSlot[] {
  const slots: StagedSlot[] = []
  for (let day = 1; day <= days; day++) {
    const opening = today.add({ days: day }).with({ hour: firstHour })
    for (const { id: scheduleId } of demoLocations) {
      for (let turn = 0; turn < slotsPerDay; turn++) {
        const startsAt = opening.add({ minutes: turn * slotMinutes }).epochMilliseconds
        const endsAt = startsAt + slotMinutes * 60_000
        const id = makeSlotId(scheduleId, startsAt)
        slots.push({ file: 0, line: slots.length + 1, id, scheduleId, startsAt, endsAt, capacity, blocked: false })
      }
    }
  }
  return slots
}

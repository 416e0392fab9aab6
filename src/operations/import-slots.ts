import { UserError } from '../errors.ts'
import { insertAudit } from '../postgres/audit.ts'
import { readCampaign } from '../postgres/campaigns.ts'
import { findUnknownLocations, upsertLocations } from '../postgres/locations.ts'
import type { Pool, Transaction } from '../postgres/pool.ts'
import { findMovedSchedules, upsertSchedules } from '../postgres/schedules.ts'
import { hasLine } from '../postgres/slot-changes.ts'
import { type Upserted, upsertStagedSlots } from '../postgres/slots.ts'
import {
  createStagedSlots,
  findDoubledSlots,
  findSlotsBrokenForBooked,
  findSlotsWithoutSchedule,
  finishStagedSlots,
  stageSlots,
} from '../postgres/staged-slots.ts'
import { transaction } from '../postgres/transaction.ts'
import { lockCampaign } from '../postgres/writers.ts'
import { type BadRows, createBadRows, maxBadRowsNamed } from './bad-rows.ts'
import { logSlotChange } from './change-slots.ts'
import { readSlotFiles, type SlotCatalogue } from './read-slot-files.ts'

export type SlotsImported = { locations: Upserted; schedules: Upserted; slots: Upserted; skipped: string[] }

/**
 * Imports locations, schedules and slots from SMART Scheduling Links and CSV files into a campaign: all of it or, with a
 * BadRowsError that names lines, nothing. What is in no file stays as it is. Files are read before the campaign is locked, so
 * decisions wait for the writing only.
 */
export async function importSlots({
  pool,
  campaign,
  files,
  by,
  progress,
}: {
  pool: Pool
  campaign: string
  files: string[]
  by: string
  progress?: (rows: number) => void
}): Promise<SlotsImported> {
  return transaction(pool, async (tx) => {
    const known = await readCampaign(tx, campaign)
    if (!known) throw new UserError(`there is no campaign ${campaign}`)
    const bad = createBadRows()
    await createStagedSlots(tx)
    const stage = (slots: Parameters<typeof stageSlots>[1]) => stageSlots(tx, slots)
    const catalogue = await readSlotFiles({ files, timeZone: known.timeZone, stage, bad, progress })
    await finishStagedSlots(tx)
    bad.addFound(
      await findDoubledSlots(tx, maxBadRowsNamed),
      (row) => files[row.file]!,
      (row) => `slot ${row.id} stands at ${files[row.firstFile]}:${row.firstLine} already`,
    )
    // What refers to a bad row would be reported as well, and mislead.
    bad.throwIfAny()

    if (!(await lockCampaign(tx, campaign))) throw new UserError(`there is no campaign ${campaign}`)
    const upserted = await upsertCatalogue(tx, campaign, catalogue, bad)
    await checkSlots(tx, campaign, files, bad)
    bad.throwIfAny()
    const imported = { ...upserted, slots: await upsertStagedSlots(tx, campaign), skipped: catalogue.skipped }
    await insertAudit(tx, { operator: by, action: 'slots.import', campaign, detail: imported })
    // Who waits does not wait for somebody else's request to be looked after.
    const { slots } = imported
    if (slots.new + slots.changed > 0 && (await hasLine(tx, campaign)))
      await logSlotChange(tx, campaign, { do: 'offer' })
    return imported
  })
}

async function upsertCatalogue(tx: Transaction, campaign: string, catalogue: SlotCatalogue, bad: BadRows) {
  const rows = [...catalogue.locations.values()].map(({ row }) => row)
  const locations = await upsertLocations(tx, campaign, rows)

  const placed = [...catalogue.schedules.values()]
  const all = placed.map(({ row }) => row)
  const unknown = await findUnknownLocations(
    tx,
    campaign,
    all.map(({ locationId }) => locationId),
  )
  const moved = await findMovedSchedules(tx, campaign, all)
  for (const { row, file, line } of placed) {
    if (unknown.has(row.locationId))
      bad.add(file, line, `schedule ${row.id} is at location ${row.locationId}, which is not known`)
    else if (moved.has(row.id))
      bad.add(
        file,
        line,
        `schedule ${row.id} is at location ${moved.get(row.id)} already; one elsewhere needs another id`,
      )
  }
  bad.throwIfAny()
  return { locations, schedules: await upsertSchedules(tx, campaign, all) }
}

async function checkSlots(tx: Transaction, campaign: string, files: string[], bad: BadRows) {
  bad.addFound(
    await findSlotsWithoutSchedule(tx, campaign, maxBadRowsNamed),
    (row) => files[row.file]!,
    (row) => `slot ${row.id} is of schedule ${row.scheduleId}, which is not known`,
  )
  bad.addFound(
    await findSlotsBrokenForBooked(tx, campaign, maxBadRowsNamed),
    (row) => files[row.file]!,
    (row) =>
      row.moved
        ? `slot ${row.id} has ${row.booked} booked, so its time and location must stay`
        : `slot ${row.id} has ${row.booked} booked, so its capacity cannot be ${row.capacity}`,
  )
}

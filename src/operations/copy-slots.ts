import { UserError } from '../errors.ts'
import { type PlannedSlot, readPlannedSlots } from '../postgres/copy-catalogue.ts'
import type { Transaction } from '../postgres/pool.ts'
import { upsertStagedSlots } from '../postgres/slots.ts'
import {
  createStagedSlots,
  findDoubledSlots,
  findSlotsWithoutSchedule,
  finishStagedSlots,
  type StagedSlot,
  stageSlots,
} from '../postgres/staged-slots.ts'
import { makeSlotId } from './make-slot-id.ts'
import { shiftDays } from './shift-days.ts'

/** Slots of one statement. */
const slotsPerStage = 10_000

/**
 * Gives a new campaign, which has the schedules, the slots of another, so many days later. An id that we made from a slot's start is
 * made anew; an imported one is kept. Returns how many.
 */
export async function copySlots(
  tx: Transaction,
  { from, to, days, timeZone }: { from: string; to: string; days: number; timeZone: string },
): Promise<number> {
  await createStagedSlots(tx)
  const slots = await readPlannedSlots(tx, from)
  const later = createShift(days, timeZone)
  const moved = slots.map((slot, line) => moveSlot(slot, line, later))
  for (let at = 0; at < moved.length; at += slotsPerStage) await stageSlots(tx, moved.slice(at, at + slotsPerStage))
  await finishStagedSlots(tx)
  const [doubled] = await findDoubledSlots(tx, 1)
  if (doubled) throw new UserError(`slot ${doubled.id} would be there twice: copy without slots and import them`)
  const [orphan] = await findSlotsWithoutSchedule(tx, to, 1)
  if (orphan) throw new UserError(`the slots of ${from} are being changed: try again`, { type: 'conflict' })
  return (await upsertStagedSlots(tx, to)).new
}

function moveSlot(
  { id, scheduleId, locationId, startsAt, endsAt, capacity, blocked }: PlannedSlot,
  line: number,
  later: (epochMs: number) => number,
): StagedSlot {
  const start = later(startsAt)
  const movedId = id === makeSlotId(locationId, startsAt) ? makeSlotId(locationId, start) : id
  // As long as it was, also where the zone's clock skips an hour.
  return {
    file: 0,
    line,
    id: movedId,
    scheduleId,
    startsAt: start,
    endsAt: start + (endsAt - startsAt),
    capacity,
    blocked,
  }
}

/** Many slots begin at the same time. */
function createShift(days: number, timeZone: string) {
  const known = new Map<number, number>()
  return (epochMs: number): number => {
    const shifted = known.get(epochMs) ?? shiftDays(epochMs, days, timeZone)
    known.set(epochMs, shifted)
    return shifted
  }
}

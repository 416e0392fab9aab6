import { joinInBulk } from './join-in-bulk.ts'
import type { Transaction } from './pool.ts'

/** A slot as an import states it. Times in epoch ms; `blocked` null: not stated. `file` is its index among the files. */
export type StagedSlot = {
  file: number
  line: number
  id: string
  scheduleId: string
  startsAt: number
  endsAt: number
  capacity: number
  blocked: boolean | null
}

/** Where something is wrong, and of how many in all this is one. */
type Finding<T> = T & { file: number; line: number; id: string; total: number }

/** A place for an import's slots, seen by this connection only and gone with the transaction. */
export async function createStagedSlots(tx: Transaction): Promise<void> {
  await tx.query(`
    create temp table staged_slots (
      file integer not null, line integer not null, id text not null, schedule_id text not null,
      starts_at timestamptz not null, ends_at timestamptz not null, capacity integer not null, blocked boolean
    ) on commit drop`)
  await joinInBulk(tx)
  // Nobody waits for a lock of ours while files are read, so a slow disk may pause longer than decisions could wait.
  await tx.query(`set local idle_in_transaction_session_timeout = '60s'`)
}

/** Ends the reading of files: statistics for the planner, and pauses are limited again as everywhere. */
export async function finishStagedSlots(tx: Transaction): Promise<void> {
  await tx.query('analyze staged_slots')
  await tx.query('set local idle_in_transaction_session_timeout to default')
}

export async function stageSlots(tx: Transaction, slots: StagedSlot[]): Promise<void> {
  await tx.query({
    name: 'staged_slots.stage',
    text: `
      insert into staged_slots (file, line, id, schedule_id, starts_at, ends_at, capacity, blocked)
      select file, line, id, schedule_id, to_timestamp(starts_ms / 1000), to_timestamp(ends_ms / 1000), capacity, blocked
        from unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::float8[], $6::float8[], $7::int[], $8::boolean[])
          as slot (file, line, id, schedule_id, starts_ms, ends_ms, capacity, blocked)`,
    values: [
      slots.map(({ file }) => file),
      slots.map(({ line }) => line),
      slots.map(({ id }) => id),
      slots.map(({ scheduleId }) => scheduleId),
      slots.map(({ startsAt }) => startsAt),
      slots.map(({ endsAt }) => endsAt),
      slots.map(({ capacity }) => capacity),
      slots.map(({ blocked }) => blocked),
    ],
  })
}

/** Slots that an earlier line has too. */
export async function findDoubledSlots(
  tx: Transaction,
  limit: number,
): Promise<Finding<{ firstFile: number; firstLine: number }>[]> {
  const { rows } = await tx.query({
    name: 'staged_slots.find_doubled',
    text: `
      select file, line, id, first_file as "firstFile", first_line as "firstLine", count(*) over () as total
        from (select file, line, id,
                     first_value(file) over same_id as first_file, first_value(line) over same_id as first_line
                from staged_slots
              window same_id as (partition by id order by file, line)) placed
       where (file, line) > (first_file, first_line)
       order by file, line
       limit $1`,
    values: [limit],
  })
  return rows
}

/** Slots of a schedule that the campaign does not have. */
export async function findSlotsWithoutSchedule(
  tx: Transaction,
  campaign: string,
  limit: number,
): Promise<Finding<{ scheduleId: string }>[]> {
  const { rows } = await tx.query({
    name: 'staged_slots.find_without_schedule',
    text: `
      select file, line, id, schedule_id as "scheduleId", count(*) over () as total
        from staged_slots
       where not exists (select from schedules where schedules.campaign_id = $1 and schedules.id = staged_slots.schedule_id)
       order by file, line
       limit $2`,
    values: [campaign, limit],
  })
  return rows
}

/**
 * Slots that people hold seats in, and that would lose seats below those, or be at another time or location. The campaign is
 * locked, so that what is booked stays as it is read.
 */
export async function findSlotsBrokenForBooked(
  tx: Transaction,
  campaign: string,
  limit: number,
): Promise<Finding<{ capacity: number; booked: number; moved: boolean }>[]> {
  const { rows } = await tx.query({
    name: 'staged_slots.find_broken_for_booked',
    text: `
      select *, count(*) over () as total
        from (select staged.file, staged.line, staged.id, staged.capacity, slots.booked,
                     (staged.starts_at, staged.ends_at, schedules.location_id)
                     is distinct from (slots.starts_at, slots.ends_at, slots.location_id) as moved
                from staged_slots staged
                join slots on slots.campaign_id = $1 and slots.id = staged.id and slots.booked > 0
                join schedules on schedules.campaign_id = $1 and schedules.id = staged.schedule_id) held
       where capacity < booked or moved
       order by file, line
       limit $2`,
    values: [campaign, limit],
  })
  return rows
}

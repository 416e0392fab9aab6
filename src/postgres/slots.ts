import type { Transaction } from './pool.ts'

/** What an import did to one kind of row. */
export type Upserted = { new: number; changed: number; same: number }

/**
 * Brings the slots of `staged_slots` in. The campaign is locked. A slot whose `blocked` is not stated keeps what it has, and
 * rows that are as they were are not written, so importing the same again changes no version.
 */
export async function upsertStagedSlots(tx: Transaction, campaign: string): Promise<Upserted> {
  const { rows } = await tx.query<Upserted>({
    name: 'slots.upsert_staged',
    text: `
      with upserted as (
        insert into slots as kept
               (campaign_id, id, schedule_id, location_id, starts_at, ends_at, capacity, blocked)
        select $1, staged.id, staged.schedule_id, schedules.location_id, staged.starts_at, staged.ends_at, staged.capacity,
               coalesce(staged.blocked, slots.blocked, false)
          from staged_slots staged
          join schedules on schedules.campaign_id = $1 and schedules.id = staged.schedule_id
          left join slots on slots.campaign_id = $1 and slots.id = staged.id
            on conflict (campaign_id, id) do update
           set schedule_id = excluded.schedule_id, location_id = excluded.location_id, starts_at = excluded.starts_at,
               ends_at = excluded.ends_at, capacity = excluded.capacity, blocked = excluded.blocked
         where (kept.schedule_id, kept.location_id, kept.starts_at, kept.ends_at, kept.capacity, kept.blocked)
               is distinct from (excluded.schedule_id, excluded.location_id, excluded.starts_at, excluded.ends_at,
                                 excluded.capacity, excluded.blocked)
        returning (xmax = 0) as inserted
      )
      select count(*) filter (where inserted) as new,
             count(*) filter (where not inserted) as changed,
             (select count(*) from staged_slots) - count(*) as same
        from upserted`,
    values: [campaign],
  })
  return rows[0]!
}

import type { Transaction } from './pool.ts'
import type { Upserted } from './slots.ts'

/** `service`: what is offered, in FHIR's words, as it was imported. */
export type Schedule = { id: string; locationId: string; service: unknown }

/** Adds and corrects schedules, each id once, at locations that exist. None moves: see `findMovedSchedules`. */
export async function upsertSchedules(tx: Transaction, campaign: string, schedules: Schedule[]): Promise<Upserted> {
  const { rows } = await tx.query<Upserted>({
    name: 'schedules.upsert',
    text: `
      with upserted as (
        insert into schedules as kept (campaign_id, id, location_id, service)
        select $1, id, location_id, service
          from unnest($2::text[], $3::text[], $4::jsonb[]) as schedule (id, location_id, service)
            on conflict (campaign_id, id) do update set service = excluded.service
         where kept.service is distinct from excluded.service
        returning (xmax = 0) as inserted
      )
      select count(*) filter (where inserted) as new,
             count(*) filter (where not inserted) as changed,
             cardinality($2::text[]) - count(*) as same
        from upserted`,
    values: [
      campaign,
      schedules.map(({ id }) => id),
      schedules.map(({ locationId }) => locationId),
      schedules.map(({ service }) => (service === null ? null : JSON.stringify(service))),
    ],
  })
  return rows[0]!
}

/** Which of these schedules are at another location already, and at which. Its slots, and who booked them, would move along. */
export async function findMovedSchedules(
  tx: Transaction,
  campaign: string,
  schedules: Schedule[],
): Promise<Map<string, string>> {
  const { rows } = await tx.query<{ id: string; locationId: string }>({
    name: 'schedules.find_moved',
    text: `
      select schedules.id, schedules.location_id as "locationId"
        from unnest($2::text[], $3::text[]) as wanted (id, location_id)
        join schedules on schedules.campaign_id = $1 and schedules.id = wanted.id
       where schedules.location_id <> wanted.location_id`,
    values: [campaign, schedules.map(({ id }) => id), schedules.map(({ locationId }) => locationId)],
  })
  return new Map(rows.map(({ id, locationId }) => [id, locationId]))
}

import type { Queryable, Transaction } from './pool.ts'
import type { Upserted } from './slots.ts'

export type Location = { id: string; name: string; address: string | null }

/** Adds and corrects locations, each id once. Rows that are as they were are not written. */
export async function upsertLocations(tx: Transaction, campaign: string, locations: Location[]): Promise<Upserted> {
  const { rows } = await tx.query<Upserted>({
    name: 'locations.upsert',
    text: `
      with upserted as (
        insert into locations as kept (campaign_id, id, name, address)
        select $1, id, name, address from unnest($2::text[], $3::text[], $4::text[]) as location (id, name, address)
            on conflict (campaign_id, id) do update set name = excluded.name, address = excluded.address
         where (kept.name, kept.address) is distinct from (excluded.name, excluded.address)
        returning (xmax = 0) as inserted
      )
      select count(*) filter (where inserted) as new,
             count(*) filter (where not inserted) as changed,
             cardinality($2::text[]) - count(*) as same
        from upserted`,
    values: [
      campaign,
      locations.map(({ id }) => id),
      locations.map(({ name }) => name),
      locations.map(({ address }) => address),
    ],
  })
  return rows[0]!
}

/** Which of these ids are no location of the campaign. */
export async function findUnknownLocations(db: Queryable, campaign: string, ids: string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>({
    name: 'locations.find_unknown',
    text: `
      select distinct wanted.id
        from unnest($2::text[]) as wanted (id)
       where not exists (select from locations where locations.campaign_id = $1 and locations.id = wanted.id)`,
    values: [campaign, ids],
  })
  return new Set(rows.map(({ id }) => id))
}

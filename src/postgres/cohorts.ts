import type { Queryable, Transaction } from './pool.ts'

/** Inserts the cohorts of a new campaign. `opensAt` in RFC 3339. */
export async function insertCohorts(
  tx: Transaction,
  campaign: string,
  cohorts: { id: string; opensAt: string }[],
): Promise<void> {
  await tx.query({
    name: 'cohorts.insert',
    text: `
      insert into cohorts (campaign_id, id, opens_at)
      select $1, id, opens_at from unnest($2::text[], $3::timestamptz[]) as cohort (id, opens_at)`,
    values: [campaign, cohorts.map(({ id }) => id), cohorts.map(({ opensAt }) => opensAt)],
  })
}

/** A campaign's cohorts, by opening. `opensAt` in epoch ms. */
export async function readCohorts(db: Queryable, campaign: string): Promise<{ id: string; opensAt: number }[]> {
  const { rows } = await db.query<{ id: string; opensAt: number }>({
    name: 'cohorts.read',
    text: 'select id, opens_at as "opensAt" from cohorts where campaign_id = $1 order by opens_at, id',
    values: [campaign],
  })
  return rows
}

/** Adds cohorts, and gives known ones their opening. `opensAt` in RFC 3339. */
export async function upsertCohorts(
  tx: Transaction,
  campaign: string,
  cohorts: { id: string; opensAt: string }[],
): Promise<void> {
  await tx.query({
    name: 'cohorts.upsert',
    text: `
      insert into cohorts as kept (campaign_id, id, opens_at)
      select $1, id, opens_at from unnest($2::text[], $3::timestamptz[]) as cohort (id, opens_at)
          on conflict (campaign_id, id) do update set opens_at = excluded.opens_at
       where kept.opens_at <> excluded.opens_at`,
    values: [campaign, cohorts.map(({ id }) => id), cohorts.map(({ opensAt }) => opensAt)],
  })
}

/** Removes cohorts that nobody is in. */
export async function deleteCohorts(tx: Transaction, campaign: string, ids: string[]): Promise<void> {
  await tx.query({
    name: 'cohorts.delete',
    text: 'delete from cohorts where campaign_id = $1 and id = any($2)',
    values: [campaign, ids],
  })
}

/** How many vouchers each cohort of a campaign has, by id; '' for those without a cohort. */
export async function countCohortVouchers(db: Queryable, campaign: string): Promise<Map<string, number>> {
  const { rows } = await db.query<{ cohort: string; vouchers: number }>({
    name: 'cohorts.count_vouchers',
    text: `
      select coalesce(cohort_id, '') as cohort, count(*) as vouchers from vouchers where campaign_id = $1 group by 1`,
    values: [campaign],
  })
  return new Map(rows.map(({ cohort, vouchers }) => [cohort, vouchers]))
}

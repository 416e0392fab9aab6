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

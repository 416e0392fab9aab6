import { hexes } from './binary-arrays.ts'
import type { Queryable, Transaction } from './pool.ts'

/** Which of these people (person fingerprints, hex) are in the campaign's register. */
export async function readEligible(tx: Transaction, campaign: string, fingerprints: string[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ fingerprint: string }>({
    name: 'register.read_eligible',
    text: `
      select encode(fingerprint, 'hex') as fingerprint
        from vouchers
       where campaign_id = $1 and fingerprint = any($2::bytea[])`,
    values: [campaign, hexes(fingerprints)],
  })
  return new Set(rows.map(({ fingerprint }) => fingerprint))
}

/** How many people are in a campaign's register. */
export async function countRegister(db: Queryable, campaign: string): Promise<number> {
  const { rows } = await db.query<{ people: number }>({
    name: 'register.count',
    text: 'select count(*) as people from vouchers where campaign_id = $1',
    values: [campaign],
  })
  return rows[0]!.people
}

/**
 * A stretch of a campaign's register in the order of fingerprints, packed: 16 bytes of fingerprint and one of the cohort (its place
 * among `cohorts` plus one; 0 for none) each. Empty after the last.
 */
export async function readRegisterPage(
  db: Queryable,
  { campaign, cohorts, after, limit }: { campaign: string; cohorts: string[]; after: Buffer; limit: number },
): Promise<Buffer> {
  const { rows } = await db.query<{ packed: Buffer | null }>({
    name: 'register.read_page',
    text: `
      select string_agg(fingerprint || set_byte('\\x00', 0, coalesce(array_position($2, cohort_id), 0)), '' order by fingerprint) as packed
        from (select fingerprint, cohort_id from vouchers
               where campaign_id = $1 and fingerprint > $3 order by fingerprint limit $4) page`,
    values: [campaign, cohorts, after, limit],
  })
  return rows[0]?.packed ?? Buffer.alloc(0)
}

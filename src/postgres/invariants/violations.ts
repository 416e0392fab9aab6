import type { Transaction } from '../pool.ts'

/** Shown of each kind; all are counted. */
export const maxShownOfKind = 20

/** One row that should not be as it is. `id` is a request's, reservation's, slot's or batch's; nothing personal. */
export type Violation = {
  campaign: string | null
  lane: string | null
  id: string | null
  number: number | null
  expected: string
  found: string
}

export type Violations = { total: number; first: Violation[] }

/** Looks for what breaks an invariant, in the audit's snapshot. */
export type FindViolations = (tx: Transaction) => Promise<Violations>

/**
 * Runs a `select` of the columns campaign, lane, id, number, expected, found: one row per violation. Counts them all and answers
 * the first.
 */
export async function selectViolations(tx: Transaction, name: string, select: string): Promise<Violations> {
  const { rows } = await tx.query<Violation & { total: number }>({
    name: `invariants.${name}`,
    text: `
      select campaign, lane, id::text as id, number, expected, found, count(*) over () as total
        from (${select}) violation
       order by campaign, lane, number, violation.id
       limit ${maxShownOfKind}`,
  })
  return { total: rows[0]?.total ?? 0, first: rows.map(({ total: _, ...violation }) => violation) }
}

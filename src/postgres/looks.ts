import type { Transaction } from './pool.ts'

const action = 'person.look'

/** How many people an operator has looked at today, by the database's clock, in UTC. */
export async function countLooksToday(tx: Transaction, operator: string): Promise<number> {
  const { rows } = await tx.query<{ looks: number }>({
    name: 'looks.count_today',
    text: `
      select count(*) as looks
        from audit
       where operator = $1 and action = $2 and at >= date_trunc('day', now(), 'UTC')`,
    values: [operator, action],
  })
  return rows[0]!.looks
}

/** Writes down that an operator looks at these people: a row of the audit each. */
export async function insertLooks(
  tx: Transaction,
  { operator, campaign, reservationIds, detail }: Looks & { operator: string },
): Promise<void> {
  await tx.query({
    name: 'looks.insert',
    text: `
      insert into audit (operator, action, campaign_id, subject, detail)
      select $1, $2, $3, subject, $5 from unnest($4::text[]) as subject`,
    values: [operator, action, campaign, reservationIds, detail],
  })
}

/** Who is looked at, and for what. */
export type Looks = { campaign: string; reservationIds: string[]; detail: Record<string, unknown> }

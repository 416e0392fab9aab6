import { z } from 'zod'
import { text } from '../domain/text.ts'
import { UserError } from '../errors.ts'
import { insertAudit } from '../postgres/audit.ts'
import { insertOperator } from '../postgres/operators.ts'
import type { Pool, Transaction } from '../postgres/pool.ts'
import { transaction } from '../postgres/transaction.ts'
import { hashOperatorKey, makeOperatorKey } from '../privacy/operator-keys.ts'

const NewOperator = z.object({
  name: text(100),
  role: z.enum(['viewer', 'agent', 'admin'], 'is not viewer, agent or admin'),
})
export type NewOperator = z.infer<typeof NewOperator>

/** Adds an operator and returns the key, which is kept as a hash only: whoever calls shows it once. */
export async function addOperator({
  pool,
  name,
  role,
  by,
}: {
  pool: Pool
  name: string
  role: string
  by: string
}): Promise<string> {
  const parsed = NewOperator.safeParse({ name, role })
  if (!parsed.success) {
    throw new UserError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'))
  }
  return transaction(pool, (tx) => insertOperatorWithKey(tx, { ...parsed.data, by }))
}

/** The same inside a transaction, of checked values. */
export async function insertOperatorWithKey(
  tx: Transaction,
  { name, role, by }: NewOperator & { by: string },
): Promise<string> {
  const key = makeOperatorKey()
  if (!(await insertOperator(tx, { name, role, keyHash: hashOperatorKey(key) })))
    throw new UserError(`operator ${name} exists already`)
  await insertAudit(tx, { operator: by, action: 'operator.add', subject: name, detail: { role } })
  return key
}

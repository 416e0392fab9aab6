import type { Queryable, Transaction } from './pool.ts'

export type Operator = {
  name: string
  role: 'viewer' | 'agent' | 'admin'
  createdAt: number
  revokedAt: number | null
}

/** Inserts an operator. False when the name is taken by one who is not revoked. */
export async function insertOperator(
  tx: Transaction,
  { name, role, keyHash }: { name: string; role: Operator['role']; keyHash: Buffer },
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'operators.insert',
    text: `
      insert into operators (name, role, key_hash) values ($1, $2, $3)
          on conflict (name) where revoked_at is null do nothing`,
    values: [name, role, keyHash],
  })
  return rowCount === 1
}

/** The operator whose key has this hash; null when there is none, or it was revoked. */
export async function findOperator(db: Queryable, keyHash: Buffer): Promise<Operator | null> {
  const { rows } = await db.query<Operator>({
    name: 'operators.find',
    text: `
      select name, role, created_at as "createdAt", revoked_at as "revokedAt"
        from operators
       where key_hash = $1 and revoked_at is null`,
    values: [keyHash],
  })
  return rows[0] ?? null
}

/** Every operator, the revoked too, by name. Times in epoch ms. */
export async function listOperators(db: Queryable): Promise<Operator[]> {
  const { rows } = await db.query<Operator>({
    name: 'operators.list',
    text: `
      select name, role, created_at as "createdAt", revoked_at as "revokedAt" from operators order by name, created_at`,
  })
  return rows
}

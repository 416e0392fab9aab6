import { LRUCache } from 'lru-cache'
import { findOperator, type Operator } from '../postgres/operators.ts'
import type { Pool } from '../postgres/pool.ts'
import { hashOperatorKey } from '../privacy/operator-keys.ts'

export type { Operator }
export type OperatorRole = Operator['role']

/** A revoked key works for so long at most, in ms. */
const freshMs = 5_000
/** Keys, known and invented, of which the answer is remembered. */
const maxKeys = 10_000

/**
 * Knows operators by their key. An answer is asked for again after five seconds; while Postgres is away the last one stands, so
 * that agents can go on.
 */
export function createAuthenticate({ pool, ask }: { pool: Pool; ask: <T>(work: () => Promise<T>) => Promise<T> }) {
  const known = new LRUCache<string, { operator: Operator | null; at: number }>({ max: maxKeys })

  return async function authenticate(key: string): Promise<Operator | null> {
    const hash = hashOperatorKey(key)
    const name = hash.toString('base64')
    const last = known.get(name)
    if (last && performance.now() - last.at < freshMs) return last.operator
    try {
      const operator = await ask(() => findOperator(pool, hash))
      known.set(name, { operator, at: performance.now() })
      return operator
    } catch (err) {
      if (last) return last.operator
      throw err
    }
  }
}
export type Authenticate = ReturnType<typeof createAuthenticate>

import { readLoggedAt } from '../postgres/live-reservations.ts'
import type { Queryable } from '../postgres/pool.ts'
import { type Receipts, receiptsExpireAt } from '../privacy/receipts.ts'

/** Fresh receipts of reservations, by id. The old ones go on working: a receipt says whose it is, and nothing is stored of it. */
export async function signReceipts(db: Queryable, receipts: Receipts, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const logged = await readLoggedAt(db, ids)
  return new Map(
    [...logged].map(([id, { closesAt, ...at }]) => [
      id,
      receipts.sign({ ...at, reservationId: id, expiresAt: receiptsExpireAt(closesAt) }),
    ]),
  )
}

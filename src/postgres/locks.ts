import type { Transaction } from './pool.ts'

/** Waits until no other transaction works under this name, and holds it until this one ends. */
async function lockName(tx: Transaction, name: string): Promise<void> {
  await tx.query({
    name: 'locks.lock_name',
    text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))',
    values: [name],
  })
}

/** One at a time imports into a campaign's register. Not the campaign's own lock: decisions go on meanwhile. */
export const lockRegister = (tx: Transaction, campaign: string) => lockName(tx, `junban/register/${campaign}`)

/** One at a time looks whether the database is empty and seeds it. */
export const lockSeeding = (tx: Transaction) => lockName(tx, 'junban/seed')

/** One at a time announces. */
export const lockAnnouncing = (tx: Transaction) => lockName(tx, 'junban/announcement')

/** One at a time adds to what an operator has looked at. */
export const lockLooking = (tx: Transaction, operator: string) => lockName(tx, `junban/looks/${operator}`)

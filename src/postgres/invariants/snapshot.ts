import type { Pool, Transaction } from '../pool.ts'
import { createLoggedRequests } from './logged-requests.ts'
import { createSpooledRequests } from './spooled-requests.ts'
import { createToldRequests } from './told-requests.ts'

/**
 * Runs `audit` in one repeatable-read, read-only snapshot, after `prepare` has filled temporary tables from outside: a ledger and
 * the spools are read first, so that whatever they name is in the snapshot too, unless it was lost on the way.
 *
 * Both on one connection that is then thrown away, and its temporary tables with it. The pool's statement timeout must suit the
 * size of the database.
 */
export async function auditSnapshot<T>(
  pool: Pool,
  { prepare, audit }: { prepare: (tx: Transaction) => Promise<void>; audit: (tx: Transaction) => Promise<T> },
): Promise<T> {
  const client = await pool.connect()
  // A connection that dies between two queries emits here; the next query then fails by itself.
  const onError = () => {}
  client.on('error', onError)
  const tx = client as Transaction
  try {
    await client.query('begin')
    // Nobody waits for a lock of ours, so a file or a spool may be read slowly.
    await client.query(`set local idle_in_transaction_session_timeout = '60s'`)
    // A read-only transaction may fill temporary tables, but not make them.
    await createLoggedRequests(tx)
    await createSpooledRequests(tx)
    await createToldRequests(tx)
    await prepare(tx)
    await client.query('commit')

    await client.query('begin isolation level repeatable read, read only')
    // Sorts and hashes of many rows: more than the default, and still bounded; past it they go to disk.
    await client.query(`set local work_mem = '64MB'`)
    // Everything here is read whole. What a temporary table or a part of a query will hold is guessed far too low, and a nested loop
    // chosen for ten rows and run over 200,000 took more than ten minutes.
    await client.query('set local enable_nestloop = off')
    const found = await audit(tx)
    await client.query('commit')
    return found
  } finally {
    client.release(true)
    client.off('error', onError)
  }
}

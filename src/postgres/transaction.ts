import { isAnswer, isTransient } from './errors.ts'
import type { Pool, Transaction } from './pool.ts'

/**
 * Runs `work` in one transaction. Whatever it throws rolls back and is thrown on; a connection that failed is not used again,
 * because a late answer of its could be taken for the next one's.
 */
export async function transaction<T>(pool: Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken = false
  // A connection that dies between two queries emits here; the next query of this transaction then fails by itself.
  const onError = () => {
    broken = true
  }
  client.on('error', onError)
  try {
    await client.query('begin')
    const result = await work(client as Transaction)
    await client.query('commit')
    return result
  } catch (err) {
    // Who did not answer would not answer to this either, for as long again; the end of the connection rolls back.
    if (isTransient(err) && !isAnswer(err)) broken = true
    else
      await client.query('rollback').catch(() => {
        broken = true
      })
    throw err
  } finally {
    client.off('error', onError)
    client.release(broken)
  }
}

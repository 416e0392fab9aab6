import { isAnswer, isTransient } from './errors.ts'
import { inTurn } from './in-turn.ts'
import type { Pool, Transaction } from './pool.ts'

/**
 * Runs `work` in one transaction. Whatever it throws rolls back and is thrown on; a connection that failed is not used again,
 * because a late answer of its could be taken for the next one's. What `askFirst` asks, and only reads, is sent together with `begin`, and
 * `work` is given its answer.
 */
export async function transaction<T, First = undefined>(
  pool: Pool,
  work: (tx: Transaction, first: First) => Promise<T>,
  askFirst?: (tx: Transaction) => Promise<First>,
): Promise<T> {
  const client = await pool.connect()
  let broken = false
  // A connection that dies between two queries emits here; the next query of this transaction then fails by itself.
  const onError = () => {
    broken = true
  }
  client.on('error', onError)
  try {
    const tx = client as Transaction
    const [, first] = await inTurn([client.query('begin'), askFirst?.(tx)])
    const result = await work(tx, first as First)
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

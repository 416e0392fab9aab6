import { randomUUID } from 'node:crypto'
import type { QueuedRequest } from '../domain/batch.ts'
import type { Lane } from '../domain/lane.ts'
import { UserError } from '../errors.ts'
import { insertAudit } from '../postgres/audit.ts'
import { appendBatch } from '../postgres/batches.ts'
import type { Pool } from '../postgres/pool.ts'
import { settleSetAside } from '../postgres/set-aside.ts'
import { transaction } from '../postgres/transaction.ts'
import { takeSetAside } from './take-set-aside.ts'

/**
 * Logs a request that was set aside anew, as it stands, at the end of its lane: it gets another number. Opening hours are judged by
 * when it was first received. Throws a UserError when it does not wait, or cannot be read.
 */
export async function retrySetAside({
  pool,
  requestId,
  by,
}: {
  pool: Pool
  requestId: string
  by: string
}): Promise<{ requestId: string; campaign: string; lane: Lane; queueNumber: number }> {
  return transaction(pool, async (tx) => {
    const { campaign, lane, number, receivedAt, request } = await takeSetAside(tx, requestId)
    if (!request) throw new UserError(`request ${requestId} cannot be read: withdraw it`, { type: 'conflict' })
    const { firstNumber } = await appendBatch(
      tx,
      { id: randomUUID(), campaign, lane, receivedAt, requests: [request as QueuedRequest] },
      { wake: true },
    )
    await settleSetAside(tx, requestId)
    await insertAudit(tx, {
      operator: by,
      action: 'request.retry',
      campaign,
      subject: requestId,
      detail: { lane, number, retriedAs: firstNumber },
    })
    return { requestId, campaign, lane, queueNumber: firstNumber }
  })
}

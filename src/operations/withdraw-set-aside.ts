import { z } from 'zod'
import { UserError } from '../errors.ts'
import { insertAudit } from '../postgres/audit.ts'
import { insertDecisions, readDecided } from '../postgres/decisions.ts'
import { insertOutbox } from '../postgres/outbox.ts'
import type { Pool, Transaction } from '../postgres/pool.ts'
import { insertReservations } from '../postgres/reservations.ts'
import { settleSetAside } from '../postgres/set-aside.ts'
import { transaction } from '../postgres/transaction.ts'
import { takeSetAside } from './take-set-aside.ts'

/** What of a request is kept when it is rejected. One that cannot be read is rejected all the same. */
const Kept = z.object({
  voucherKey: z.hex().catch(''),
  waitlist: z.boolean().catch(false),
  notify: z.boolean().catch(false),
  box: z.base64().catch(''),
})

const decided = { status: 'rejected', reason: 'withdrawn-by-operator' } as const

/**
 * Decides a request that was set aside: rejected, `withdrawn-by-operator`. One that was decided since, because it stood in the log twice,
 * keeps its decision: `before`. Throws a UserError when it does not wait.
 */
export async function withdrawSetAside({
  pool,
  requestId,
  by,
}: {
  pool: Pool
  requestId: string
  by: string
}): Promise<{ requestId: string; campaign: string; before: boolean }> {
  return transaction(pool, async (tx) => {
    const aside = await takeSetAside(tx, requestId)
    const { campaign, lane, number } = aside
    const before = (await readDecided(tx, [requestId])).has(requestId)
    if (!before) await reject(tx, requestId, aside)
    await settleSetAside(tx, requestId)
    const detail = { lane, number, ...(before && { decidedBefore: true }) }
    await insertAudit(tx, { operator: by, action: 'request.withdraw', campaign, subject: requestId, detail })
    return { requestId, campaign, before }
  })
}

async function reject(tx: Transaction, requestId: string, aside: Awaited<ReturnType<typeof takeSetAside>>) {
  const { campaign, lane, number, acceptedAt, now: decidedAt, request } = aside
  if (typeof request?.kind === 'string' && request.kind !== 'book')
    throw new UserError(`request ${requestId} is a command on a reservation: retry it`, { type: 'conflict' })
  const kept = Kept.parse(request ?? {})
  await insertReservations(tx, {
    campaign,
    lane,
    decidedAt,
    reservations: [{ ...kept, ...decided, id: requestId, number, acceptedAt }],
  })
  await insertDecisions(tx, {
    campaign,
    lane,
    decidedAt,
    decisions: [
      {
        requestId,
        reservationId: requestId,
        number,
        kind: 'book',
        outcome: decided.status,
        reason: decided.reason,
      },
    ],
  })
  if (kept.notify) await insertOutbox(tx, campaign, [{ reservationId: requestId, event: decided.status }])
}

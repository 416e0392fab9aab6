import { z } from 'zod'
import { CommandKind } from '../domain/command.ts'
import { Uuid } from '../domain/ids.ts'
import { insertAudit } from '../postgres/audit.ts'
import { insertDecisions, type NewDecision, readDecided } from '../postgres/decisions.ts'
import type { Pool, Transaction } from '../postgres/pool.ts'
import { insertDecidedBookings, readBooked } from '../postgres/reservations.ts'
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

/** What a command is known by. */
const KeptCommand = z.object({ kind: CommandKind, reservationId: Uuid })

const reason = 'withdrawn-by-operator'

/**
 * Decides a request that was set aside: rejected, or if it is a command refused, `withdrawn-by-operator`. One that was decided since, because it stood in the log twice,
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
    const decided = [await readBooked(tx, [requestId]), await readDecided(tx, [requestId])]
    const before = decided.some((ids) => ids.has(requestId))
    if (!before) await reject(tx, requestId, aside)
    await settleSetAside(tx, requestId)
    const detail = { lane, number, ...(before && { decidedBefore: true }) }
    await insertAudit(tx, { operator: by, action: 'request.withdraw', campaign, subject: requestId, detail })
    return { requestId, campaign, before }
  })
}

async function reject(tx: Transaction, requestId: string, aside: Awaited<ReturnType<typeof takeSetAside>>) {
  const { campaign, lane, number, acceptedAt, now: decidedAt, request } = aside
  const command = KeptCommand.safeParse(request).data
  const decide = (decision: Pick<NewDecision, 'reservationId' | 'kind' | 'outcome'>) =>
    insertDecisions(tx, { campaign, lane, decidedAt, decisions: [{ requestId, number, reason, ...decision }] })
  if (command) return decide({ ...command, outcome: 'refused' })
  if (request?.kind === 'slots') return decide({ reservationId: null, kind: 'slots', outcome: 'refused' })
  const kept = Kept.parse(request ?? {})
  const outcome = 'rejected'
  await insertDecidedBookings(tx, {
    campaign,
    lane,
    decidedAt,
    bookings: [
      { request: { ...kept, id: requestId, number, acceptedAt }, outcome, reason, status: outcome, seats: [] },
    ],
  })
}

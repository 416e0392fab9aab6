import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lane } from '../domain/lane.ts'
import type { SlotChange } from '../domain/slot-change.ts'
import { UserError } from '../errors.ts'
import { insertAudit } from '../postgres/audit.ts'
import { appendBatch } from '../postgres/batches.ts'
import { readCampaign } from '../postgres/campaigns.ts'
import type { Pool, Transaction } from '../postgres/pool.ts'
import { type DecidedSlotChange, readClock, readSlotChange } from '../postgres/slot-changes.ts'
import { transaction } from '../postgres/transaction.ts'

/** Changes of slots stand in the lane whose turn comes first, so that they take effect within two transactions of any backlog. */
const lane: Lane = 'agent'
/** So long a terminal waits for the decision, and looks so often, in ms. */
const decidedWithinMs = 15_000
const lookEveryMs = 100

/** Puts a change of slots into the log: it is decided in its turn. Throws a UserError when there is no such campaign. */
export async function changeSlots({
  pool,
  campaign,
  change,
  by,
}: {
  pool: Pool
  campaign: string
  change: SlotChange
  by: string
}): Promise<{ id: string; campaign: string; queueNumber: number }> {
  return transaction(pool, async (tx) => {
    if (!(await readCampaign(tx, campaign)))
      throw new UserError(`there is no campaign ${campaign}`, { type: 'not-found' })
    const logged = await logSlotChange(tx, campaign, change)
    const detail = { ...change, ...(change.do === 'add' && { slots: change.slots.map(({ id }) => id) }) }
    await insertAudit(tx, { operator: by, action: 'slots.change', campaign, subject: logged.id, detail })
    return { ...logged, campaign }
  })
}

/** The same within a transaction, and without a line of its own in the audit. */
export async function logSlotChange(
  tx: Transaction,
  campaign: string,
  change: SlotChange,
): Promise<{ id: string; queueNumber: number }> {
  const id = randomUUID()
  const requests = [{ id, kind: 'slots' as const, change }]
  const batch = { id: randomUUID(), campaign, lane, receivedAt: await readClock(tx), requests }
  const { firstNumber } = await appendBatch(tx, batch, { wake: true })
  return { id, queueNumber: firstNumber }
}

/** What became of a change, once it is decided; null when nobody decides it in time. */
export async function untilSlotChange(pool: Pool, id: string): Promise<DecidedSlotChange | null> {
  const until = performance.now() + decidedWithinMs
  for (;;) {
    const decided = await readSlotChange(pool, id)
    if (decided || performance.now() > until) return decided
    await sleep(lookEveryMs)
  }
}

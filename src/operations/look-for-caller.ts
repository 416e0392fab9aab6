import type { KnownPair } from '../domain/reservation.ts'
import { readLiveReservations, readLoggedAt } from '../postgres/live-reservations.ts'
import type { Pool } from '../postgres/pool.ts'
import { transaction } from '../postgres/transaction.ts'
import type { DataKey } from '../privacy/data-keys.ts'
import { openFor } from '../privacy/open-for.ts'
import { type Receipt, receiptsExpireAt } from '../privacy/receipts.ts'
import { noteLooks } from './note-looks.ts'

/** What somebody is looked for: the audit says it. */
export type LookedFor = 'find' | 'receipt' | 'cancel' | 'move'

/** A caller's reservation: what its receipt says, and by what its person can be told. */
export type Caller = { receipt: Receipt; contact: { email: boolean; phone: boolean } }

/** In the audit, where there was nobody to be looked at. */
const nobody = 'nobody'

/**
 * Finds the live reservation of a caller who says their voucher and birth date, without a receipt. Each look is noted, whether somebody
 * is found or not, before a box is opened; past the budget of a day it throws a UserError. Null when there is no such reservation:
 * whether the voucher or the birth date was wrong is not told.
 */
export async function lookForCaller({
  pool,
  campaign,
  pair,
  voucherKey,
  dataKeys,
  purpose,
  by,
}: {
  pool: Pool
  campaign: string
  pair: KnownPair
  /** As hex. */
  voucherKey: string
  dataKeys: DataKey[]
  purpose: LookedFor
  by: string
}): Promise<Caller | null> {
  const { live, logged } = await transaction(pool, async (tx) => {
    const [live] = await readLiveReservations(tx, [{ campaign, voucherKey }])
    await noteLooks(tx, by, { campaign, reservationIds: [live?.id ?? nobody], detail: { caller: purpose } })
    return { live, logged: live && (await readLoggedAt(tx, [live.id])).get(live.id) }
  })
  const personal = live && openFor(pair, live, dataKeys)
  if (!personal || !logged) return null
  const { id, closesAt, ...at } = logged
  return {
    receipt: { ...at, reservationId: id, expiresAt: receiptsExpireAt(closesAt) },
    contact: { email: personal.person?.email !== undefined, phone: personal.person?.phone !== undefined },
  }
}

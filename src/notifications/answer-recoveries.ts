import type { Key } from '../config.ts'
import type { Logger } from '../logger.ts'
import { type LiveReservation, readLiveReservations } from '../postgres/live-reservations.ts'
import type { Pool } from '../postgres/pool.ts'
import { claimDueRecoveries, type DueRecovery, type SettledRecovery, settleRecoveries } from '../postgres/recoveries.ts'
import { transaction } from '../postgres/transaction.ts'
import { open } from '../privacy/boxes.ts'
import { openFor } from '../privacy/open-for.ts'
import { type DataKeys, unwrapKeys } from './unwrap-keys.ts'

/** Looked up in one go. */
const maxRecoveries = 50
/** What a notifier that died had claimed is looked up again after this long. */
const leaseSeconds = 60
/** Who asks before their request was decided is found later: after each of these pauses it is looked again, then no more. */
const pausesSeconds = [60, 600, 3_600]
/** A contact is told at most once in this long, however often its receipt is asked for. */
const quietSeconds = 600

/**
 * Looks up who asked for a lost receipt, and puts what is to be told into the outbox. Whoever asked has long had their answer, the same
 * for all, so neither it nor its time can say what is found here. Nothing is told to who is not found, nor without a contact.
 */
export function createAnswerRecoveries({ pool, masterKeys, log }: { pool: Pool; masterKeys: Key[]; log: Logger }) {
  return async function answerRecoveries(): Promise<{ looked: number; found: number }> {
    const due = await claimDueRecoveries(pool, maxRecoveries, leaseSeconds)
    if (due.length === 0) return { looked: 0, found: 0 }
    const live = await readLiveReservations(pool, due)
    const keys = await unwrapKeys(
      { db: pool, masterKeys, log },
      due.map(({ campaign }) => campaign),
    )
    const settled = due.map((recovery) => look(recovery, live, keys))
    const found = await transaction(pool, (tx) => settleRecoveries(tx, settled, quietSeconds))
    return { looked: due.length, found }
  }
}
export type AnswerRecoveries = ReturnType<typeof createAnswerRecoveries>

function look(recovery: DueRecovery, live: LiveReservation[], keys: DataKeys): SettledRecovery {
  const { campaign, fingerprint, voucherKey, tries } = recovery
  const later = { campaign, fingerprint, reservationId: null, retryInSeconds: pausesSeconds[tries - 1] ?? null }
  const dataKeys = keys.get(campaign)
  const pair = dataKeys && openPair(recovery, dataKeys)
  const reservation = live.find((one) => one.campaign === campaign && one.voucherKey === voucherKey)
  const personal = pair && reservation && openFor(pair, reservation, dataKeys)
  if (!personal) return later
  const { email, phone } = personal.person ?? {}
  const hasContact = email !== undefined || phone !== undefined
  return { campaign, fingerprint, reservationId: hasContact ? reservation.id : null, retryInSeconds: null }
}

function openPair({ box, fingerprint }: DueRecovery, keys: NonNullable<ReturnType<DataKeys['get']>>) {
  try {
    return box && open(box, keys, fingerprint, 'recoveries.box')
  } catch {
    return null
  }
}

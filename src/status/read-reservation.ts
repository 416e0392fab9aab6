import type { Lane } from '../domain/lane.ts'
import type { DecidedStatus, Reason } from '../domain/reservation.ts'
import { Problem } from '../errors.ts'
import { readBatches } from '../postgres/batches.ts'
import type { Pool } from '../postgres/pool.ts'
import { readReservations } from '../postgres/reservations.ts'
import type { Receipt } from '../privacy/receipts.ts'
import { coalesce } from './coalesce.ts'
import type { Outcome } from './outcomes.ts'

/** A reservation as its holder sees it. Instants in epoch ms; null while nobody can know. */
export type ReservationState = {
  id: string
  campaign: string
  lane: Lane
  status: 'queued' | DecidedStatus
  reason: Reason | null
  queueNumber: number | null
  acceptedAt: number | null
  decidedAt: number | null
  appointments: readonly { dose: number; slotId: string }[]
}

/** Asks a store, bounded in time; fails at once while it is away. */
type Ask = <T>(work: () => Promise<T>) => Promise<T>

/** What Redis knows: fresh outcomes, and what waits in the spool. */
export type FreshStore = {
  outcome: (batchId: string, place: number) => Promise<Outcome | null>
  isSpooled: (campaign: string, lane: Lane, batchId: string) => Promise<boolean>
}

/**
 * Reads what became of a reservation: from Redis while the outcome is fresh, else from Postgres. `queued` only while its batch is
 * known to wait, in the spool or undecided in the log; when neither can be asked, a Problem `outcome-unavailable`.
 */
export function createReadReservation({
  pool,
  askPostgres,
  fresh,
}: {
  pool: Pool
  askPostgres: Ask
  fresh: FreshStore | null
}) {
  const reservation = coalesce((ids: string[]) => askPostgres(() => readReservations(pool, ids)))
  const batch = coalesce((ids: string[]) => askPostgres(() => readBatches(pool, ids)))

  return async function readReservation(receipt: Receipt): Promise<ReservationState> {
    const { campaign, lane, reservationId: id } = receipt
    const known = { id, campaign, lane }
    const outcome = await fresh?.outcome(receipt.batchId, receipt.place).catch(() => null)
    if (outcome?.id === id) return { ...known, ...outcome }

    const inPostgres = await fromPostgres(receipt).catch(() => 'away' as const)
    if (inPostgres && inPostgres !== 'away') return inPostgres

    const spooled = await fresh?.isSpooled(campaign, lane, receipt.batchId).catch(() => null)
    if (spooled) return { ...known, ...queued, queueNumber: null, acceptedAt: null }
    if (inPostgres === 'away' || spooled === null)
      throw new Problem(
        'outcome-unavailable',
        'The store that knows the outcome cannot be asked right now. Your place is kept.',
        {
          retryAfterSeconds: 5,
        },
      )
    // Drained from the spool between the two looks?
    const lookedAgain = await fromPostgres(receipt)
    if (lookedAgain) return lookedAgain
    throw new Problem('not-found', 'This request was not accepted by any store: send the same again.')
  }

  /** Null: Postgres knows neither the reservation nor its batch. */
  async function fromPostgres({
    campaign,
    lane,
    reservationId: id,
    batchId,
    place,
  }: Receipt): Promise<ReservationState | null> {
    const decided = await reservation(id)
    if (decided) return decided
    const logged = await batch(batchId)
    if (!logged) return null
    if (logged.decided) {
      // Decided between the two looks, or set aside.
      const now = await reservation(id)
      if (now) return now
    }
    return { id, campaign, lane, ...queued, queueNumber: logged.firstNumber + place, acceptedAt: logged.acceptedAt }
  }
}
export type ReadReservation = ReturnType<typeof createReadReservation>

const queued = { status: 'queued', reason: null, decidedAt: null, appointments: [] } as const

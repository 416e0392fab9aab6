import type { LastCommand } from '../domain/command.ts'
import type { Lane } from '../domain/lane.ts'
import type { DecidedStatus, Reason } from '../domain/reservation.ts'
import { Problem } from '../errors.ts'
import { readBatches } from '../postgres/batches.ts'
import { readLastCommands } from '../postgres/commands.ts'
import type { Pool } from '../postgres/pool.ts'
import { readReservations } from '../postgres/reservations.ts'
import type { Receipt } from '../privacy/receipts.ts'
import { coalesce } from './coalesce.ts'
import type { NotedCommand } from './noted-commands.ts'
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
  /** In the waiting list; null while it does not wait there, or nobody can know. */
  place: number | null
  appointments: readonly { dose: number; slotId: string }[]
  lastCommand: LastCommand | null
}

/** Asks a store, bounded in time; fails at once while it is away. */
type Ask = <T>(work: () => Promise<T>) => Promise<T>

/** What Redis knows: fresh outcomes that still stand, commands, and what waits in the spool. */
export type FreshStore = {
  outcome: (batchId: string, place: number) => Promise<Outcome | null>
  command: (reservationId: string) => Promise<NotedCommand | null>
  isSpooled: (campaign: string, lane: Lane, batchId: string) => Promise<boolean>
  /** Whether anything at all waits in a spool, as far as this process knows. */
  isSpooling: () => boolean
}

/**
 * Reads what became of a reservation. From Postgres, for what was booked may have been cancelled or moved since, and who waited may
 * have a seat. While Postgres is away nothing is decided: then Redis answers, but for what it cannot know to stand still. `queued` only
 * while its batch is known to wait, in the spool or undecided in the log; else a Problem `outcome-unavailable`.
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
  const lastCommandOf = coalesce((ids: string[]) => askPostgres(() => readLastCommands(pool, ids)))

  return async function readReservation(receipt: Receipt): Promise<ReservationState> {
    const { campaign, lane } = receipt
    const inPostgres = await fromPostgres(receipt).catch(() => 'away' as const)
    if (inPostgres === 'away') return fromRedis(receipt)
    if (inPostgres) return withSpooledCommand(inPostgres)

    const spooled = fresh ? await fresh.isSpooled(campaign, lane, receipt.batchId).catch(unavailable) : false
    if (spooled) return withSpooledCommand(spooledState(receipt))
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
    const [logged, lastCommand = null] = await Promise.all([batch(batchId), lastCommandOf(id)])
    if (!logged) return null
    if (logged.decided) {
      // Decided between the two looks, or set aside.
      const now = await reservation(id)
      if (now) return now
    }
    const { firstNumber, acceptedAt } = logged
    return { id, campaign, lane, ...queued, queueNumber: firstNumber + place, acceptedAt, lastCommand }
  }

  /** A command may wait in the spool on a reservation that Postgres knows, or that waits there itself. */
  async function withSpooledCommand(state: ReservationState): Promise<ReservationState> {
    if (!fresh?.isSpooling()) return state
    const noted = await fresh.command(state.id).catch(() => null)
    if (!noted || noted.id === state.lastCommand?.id) return state
    const waits = await fresh.isSpooled(noted.campaign, noted.lane, noted.batchId).catch(() => false)
    return waits ? { ...state, lastCommand: asQueued(noted) } : state
  }

  /** Postgres is away. What Redis knows stands, unless a command may have been decided that Redis was not told of. */
  async function fromRedis(receipt: Receipt): Promise<ReservationState> {
    const { campaign, lane, reservationId: id, batchId, place } = receipt
    if (!fresh) return unavailable()
    const noted = await fresh.command(id).catch(unavailable)
    if (noted && !(await fresh.isSpooled(noted.campaign, noted.lane, noted.batchId).catch(unavailable)))
      return unavailable()
    const lastCommand = noted && asQueued(noted)
    const outcome = await fresh.outcome(batchId, place).catch(unavailable)
    if (outcome?.id === id) return { campaign, lane, place: null, ...outcome, lastCommand }
    if (await fresh.isSpooled(campaign, lane, batchId).catch(unavailable))
      return { ...spooledState(receipt), lastCommand }
    return unavailable()
  }
}
export type ReadReservation = ReturnType<typeof createReadReservation>

const queued = { status: 'queued', reason: null, decidedAt: null, place: null, appointments: [] } as const

const spooledState = ({ campaign, lane, reservationId: id }: Receipt): ReservationState => ({
  id,
  campaign,
  lane,
  ...queued,
  queueNumber: null,
  acceptedAt: null,
  lastCommand: null,
})

const asQueued = ({ id, kind }: NotedCommand): LastCommand => ({ id, kind, status: 'queued', reason: null })

function unavailable(): never {
  throw new Problem(
    'outcome-unavailable',
    'The store that knows the outcome cannot be asked right now. Your place is kept.',
    { retryAfterSeconds: 5 },
  )
}

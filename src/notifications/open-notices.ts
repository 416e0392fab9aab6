import type { Key } from '../config.ts'
import type { DecidedStatus } from '../domain/reservation.ts'
import type { Logger } from '../logger.ts'
import { type DueNotice, readToldReservations, type ToldReservation } from '../postgres/notices.ts'
import type { Pool } from '../postgres/pool.ts'
import { open } from '../privacy/boxes.ts'
import type { Receipts } from '../privacy/receipts.ts'
import type { Notice } from './notice.ts'
import { signReceipts } from './sign-receipts.ts'
import { type DataKeys, unwrapKeys } from './unwrap-keys.ts'

/** Somebody asked for their receipt: it is told whatever has become of the reservation since. */
const lostReceipt = 'receipt'

/** The status in which an event left its reservation. In another one it has been overtaken, and a later event tells that. */
const statusAfter = new Map<string, DecidedStatus>([
  ['booked', 'booked'],
  ['moved', 'booked'],
  ['waitlisted', 'waitlisted'],
  ['rejected', 'rejected'],
  ['cancelled', 'cancelled'],
])

/**
 * Reads what is to be told and opens whose it is. A reservation that is not
 * there is left out; a box that cannot be opened says why, and is in nobody else's way.
 */
export async function openNotices(
  { pool, masterKeys, receipts, log }: { pool: Pool; masterKeys: Key[]; receipts: Receipts; log: Logger },
  due: DueNotice[],
): Promise<Map<number, Notice>> {
  const reservations = await readToldReservations(pool, [...new Set(due.map(({ reservationId }) => reservationId))])
  const keys = await unwrapKeys(
    { db: pool, masterKeys, log },
    due.map(({ campaign }) => campaign),
  )
  const lost = due.filter(({ event }) => event === lostReceipt).map(({ reservationId }) => reservationId)
  const signed = await signReceipts(pool, receipts, lost)
  return new Map(
    due.flatMap((notice): [number, Notice][] => {
      const stored = reservations.get(notice.reservationId)
      if (!stored) return []
      const { box: _, ...reservation } = stored
      const { id, event, createdAt } = notice
      const receipt = event === lostReceipt ? (signed.get(notice.reservationId) ?? null) : null
      if (event === lostReceipt && receipt === null) return []
      return [[id, { key: keyOf(notice), event, createdAt, receipt, reservation, ...openPerson(event, stored, keys) }]]
    }),
  )
}

function openPerson(
  event: string,
  { id, campaign, status, box }: ToldReservation,
  keys: DataKeys,
): Pick<Notice, 'person' | 'trouble'> {
  const dataKeys = keys.get(campaign)
  const overtaken = statusAfter.has(event) && statusAfter.get(event) !== status
  if (overtaken || box === null || dataKeys === undefined) return { person: null, trouble: null }
  if (dataKeys === null) return { person: null, trouble: 'no master key fits' }
  try {
    return { person: open(box, dataKeys, id).person ?? null, trouble: null }
  } catch {
    return { person: null, trouble: 'the box cannot be opened' }
  }
}

/** Not the row's number alone: a restored database gives it to another event. */
const keyOf = ({ id, reservationId, event }: DueNotice) => `${reservationId}-${event}-${id}`

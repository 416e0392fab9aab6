import type { Key } from '../config.ts'
import type { DecidedStatus } from '../domain/reservation.ts'
import type { Logger } from '../logger.ts'
import {
  type DueNotice,
  readToldReservations,
  readWrappedKeys,
  type ToldReservation,
  type WrappedCampaignKey,
} from '../postgres/notices.ts'
import type { Pool } from '../postgres/pool.ts'
import { open } from '../privacy/boxes.ts'
import { type DataKey, unwrapDataKey } from '../privacy/data-keys.ts'
import type { Notice } from './notice.ts'

/** The status in which an event left its reservation. In another one it has been overtaken, and a later event tells that. */
const statusAfter = new Map<string, DecidedStatus>([
  ['booked', 'booked'],
  ['moved', 'booked'],
  ['waitlisted', 'waitlisted'],
  ['rejected', 'rejected'],
  ['cancelled', 'cancelled'],
])

/** The data keys of a campaign; null when there are some and none can be used: a wrong JUNBAN_MASTER_KEYS is not an erasure. */
type DataKeys = Map<string, DataKey[] | null>

/**
 * Reads what is to be told and opens whose it is. Keys are read afresh each time: an erasure holds at once. A reservation that is not
 * there is left out; a box that cannot be opened says why, and is in nobody else's way.
 */
export async function openNotices(
  { pool, masterKeys, log }: { pool: Pool; masterKeys: Key[]; log: Logger },
  due: DueNotice[],
): Promise<Map<number, Notice>> {
  const reservations = await readToldReservations(pool, [...new Set(due.map(({ reservationId }) => reservationId))])
  const keys = unwrapAll(
    await readWrappedKeys(pool, [...new Set(due.map(({ campaign }) => campaign))]),
    masterKeys,
    log,
  )
  return new Map(
    due.flatMap((notice): [number, Notice][] => {
      const stored = reservations.get(notice.reservationId)
      if (!stored) return []
      const { box: _, ...reservation } = stored
      const { id, event, createdAt } = notice
      return [[id, { key: keyOf(notice), event, createdAt, reservation, ...openPerson(event, stored, keys) }]]
    }),
  )
}

function unwrapAll(wrapped: WrappedCampaignKey[], masterKeys: Key[], log: Logger): DataKeys {
  const keys: DataKeys = new Map()
  for (const { campaign, ...key } of wrapped) {
    try {
      keys.set(campaign, [...(keys.get(campaign) ?? []), unwrapDataKey(campaign, key, masterKeys)])
    } catch (err) {
      log.error({ campaign, err }, 'data key cannot be unwrapped')
      if (!keys.has(campaign)) keys.set(campaign, null)
    }
  }
  return keys
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

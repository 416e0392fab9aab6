import type { NumberedBooking } from '../domain/decision.ts'
import type { Logger } from '../logger.ts'
import { readDecidedBookings } from '../postgres/decisions.ts'
import type { Pool } from '../postgres/pool.ts'
import { readLiveVouchersAfter } from '../postgres/reservations.ts'
import type { Work } from '../postgres/writers.ts'
import { createKeySet, type KeySet } from './key-set.ts'
import { countDecided } from './turns.ts'

/** Rows read at once: some 4 ms of this process's time. */
const pageSize = 4_096
/**
 * What was decided before is read when this allocator has decided so large a share of it, one request after the other and nobody in between:
 * at most ten are read for each that was decided, and of a large campaign two allocators that take turns read nothing.
 */
const worthReading = 0.1

/**
 * What an allocator knows to have been decided in a campaign: the ids of its bookings, and the vouchers that may be live. To look each
 * request up, in two indexes of random keys, took 7 of the 60 µs that deciding it cost; in a rush nearly all are new, and known to be.
 *
 * Only who decides alone can know, so it is forgotten when another has decided, and when the lanes do not stand where they were left. What
 * was done unseen all the same, by hand, is found by the primary key of the reservations and by `reservations_one_per_voucher`, and then it is
 * forgotten too: nobody is booked twice, though one of whom no key is violated may be told `sold-out` instead of `voucher-used`.
 */
export function createKnown({
  pool,
  campaign,
  allocator,
  log,
}: {
  pool: Pool
  campaign: string
  allocator: string
  log: Logger
}) {
  let keys: KeySet | null = null
  let isWhole = false
  let decidedInARow = 0
  /** Up to which sum of the lanes' numbers, as this allocator left them. */
  let decidedUpTo: number | null = null

  function forget() {
    keys = null
    isWhole = false
    decidedInARow = 0
  }

  function beginReading() {
    const reading = createKeySet()
    keys = reading
    readDecided({ pool, campaign, keys: reading, isWanted: () => keys === reading })
      .then(() => {
        if (keys === reading) isWhole = true
      })
      .catch((err) => {
        log.warn({ campaign, err }, 'what was decided could not be read: everybody is looked up')
        if (keys === reading) forget()
      })
  }

  return {
    /** Of a booking's id, or a voucher's key: false when it was surely not decided, or is surely not live. */
    mayHold: (key: string): boolean => !isWhole || keys!.has(key),
    /** To be told, under the campaign's lock, who decided last, and up to where. */
    see(work: Pick<Work, 'allocator' | 'lanes'>): void {
      if (work.allocator !== allocator || countDecided(work) !== decidedUpTo) forget()
    },
    /** To be told which bookings were decided and committed, and up to which sum of the lanes' numbers. */
    learn(decisions: { request: Pick<NumberedBooking, 'id' | 'voucherKey'> }[], decidedInAll: number): void {
      decidedUpTo = decidedInAll
      decidedInARow += decisions.length
      if (!keys && decidedInARow >= decidedInAll * worthReading) beginReading()
      for (const { request } of decisions) {
        keys?.add(request.id)
        keys?.add(request.voucherKey)
      }
    },
    /** What was decided last is not known, or not as it was thought to be. */
    forget,
  }
}
export type Known = ReturnType<typeof createKnown>

async function readDecided({
  pool,
  campaign,
  keys,
  isWanted,
}: {
  pool: Pool
  campaign: string
  keys: KeySet
  isWanted: () => boolean
}) {
  const goesOn = () => isWanted() && !keys.isFull()
  for (let after = { lane: '', number: 0 }; goesOn(); ) {
    const page = await readDecidedBookings(pool, { campaign, after, limit: pageSize })
    for (const { id } of page) keys.add(id)
    const last = page.at(-1)
    if (!last) break
    after = last
  }
  for (let after = ''; goesOn(); ) {
    const page = await readLiveVouchersAfter(pool, { campaign, after, limit: pageSize })
    for (const key of page) keys.add(key)
    const last = page.at(-1)
    if (last === undefined) break
    after = last
  }
}

import type { Logger } from '../logger.ts'
import { readDecidedBookings } from '../postgres/decisions.ts'
import type { Pool } from '../postgres/pool.ts'
import { readLiveVouchersAfter } from '../postgres/reservations.ts'
import type { Work } from '../postgres/writers.ts'
import type { Decided } from './decide.ts'
import { createKeySet, type KeySet } from './key-set.ts'

/** Rows read at once: some 15 ms of this process's time. */
const pageSize = 16_384
/**
 * What was decided before is read when this allocator has decided so large a share of it, one request after the other and nobody in between: to
 * read one from the page it is in takes a tenth of looking it up. Two allocators that take turns read nothing.
 */
const worthReading = 0.1

/**
 * What an allocator knows to have been decided in a campaign: the ids of its bookings, and the vouchers that may be live. To look each
 * request up, in two indexes of random keys, took 7 of the 60 µs that deciding it cost; in a rush nearly all are new, and known to be.
 *
 * Only who decides alone can know, so it is forgotten when another has decided. It is a matter of speed: what was done unseen is found by
 * the primary key of the reservations and by `reservations_one_per_voucher`, and then it is forgotten too.
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

  function forget() {
    keys = null
    isWhole = false
    decidedInARow = 0
  }

  function beginReading() {
    const reading = createKeySet()
    keys = reading
    readDecided({ pool, campaign, add: reading.add })
      .then(() => {
        if (keys === reading) isWhole = true
      })
      .catch((err) => {
        log.debug({ campaign, err }, 'what was decided could not be read')
        if (keys === reading) forget()
      })
  }

  return {
    /** Of a booking's id, or a voucher's key: false when it was surely not decided, or is surely not live. */
    mayHold: (key: string): boolean => !isWhole || keys!.has(key),
    /** To be told, under the campaign's lock, who decided last. */
    see({ allocator: last }: Pick<Work, 'allocator'>): void {
      if (last !== allocator) forget()
    },
    /** To be told what was committed, and up to which sum of the lanes' numbers. */
    learn(decisions: Decided['decisions'], decidedInAll: number): void {
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

async function readDecided({ pool, campaign, add }: { pool: Pool; campaign: string; add: (key: string) => void }) {
  for (let after = { lane: '', number: 0 }; ; ) {
    const page = await readDecidedBookings(pool, { campaign, after, limit: pageSize })
    for (const { id } of page) add(id)
    const last = page.at(-1)
    if (!last) break
    after = last
  }
  for (let after = ''; ; ) {
    const page = await readLiveVouchersAfter(pool, { campaign, after, limit: pageSize })
    for (const key of page) add(key)
    const last = page.at(-1)
    if (last === undefined) break
    after = last
  }
}

import { isDeepStrictEqual } from 'node:util'
import type { NumberedBooking, NumberedCommand, NumberedRequest, Standing } from '../domain/decision.ts'
import { readDecided } from '../postgres/decisions.ts'
import { inTurn } from '../postgres/in-turn.ts'
import type { Transaction } from '../postgres/pool.ts'
import { readEligible } from '../postgres/register.ts'
import { readBooked, readLiveVouchers } from '../postgres/reservations.ts'
import { readFreeSeats } from '../postgres/seats.ts'
import { readStandings } from '../postgres/standings.ts'
import type { LockedCampaign, Work } from '../postgres/writers.ts'
import { createDayOf, createDayStart, type DayStart } from './day-start.ts'
import type { Facts } from './decide.ts'
import type { Known } from './known.ts'
import { concernsLine, type LineMemory, readLineMemory } from './read-line.ts'
import type { Series } from './series.ts'
import { createSlotBook, type SlotBook } from './slot-book.ts'
import { createWaitingLine } from './waiting-line.ts'

/**
 * What an allocator remembers of a campaign between transactions: its slots, good for as long as nobody else changed them, and its
 * line, once somebody could be in it.
 */
export type Memory = {
  slotsRevision: number
  timeZone: string
  book: SlotBook
  dayStart: DayStart
  series: Series | null
  line: LineMemory | undefined
}

/**
 * Reads, under the campaign's lock, what is known of these requests. The slots are read again only when their revision is not
 * the remembered one: reading 1,400 slots for each of 30 transactions a second took a third of the allocator's time.
 */
export async function readFacts(
  tx: Transaction,
  {
    campaign,
    locked,
    work: { slotsRevision, lineRevision },
    requests,
    memory: last,
    known,
  }: {
    campaign: string
    locked: LockedCampaign
    work: Work
    requests: NumberedRequest[]
    memory: Memory | undefined
    known: Pick<Known, 'mayHold'>
  },
): Promise<{ facts: Facts; memory: Memory }> {
  const isFresh = last?.slotsRevision === slotsRevision && hasSameDays(last, locked)
  const memory = isFresh ? last : await readSlots(tx, { campaign, locked, slotsRevision, last })
  const bookings = requests.filter((request): request is NumberedBooking => request.kind === 'book')
  const commands = requests.filter((request): request is NumberedCommand => request.kind !== 'book')
  const perhapsBooked = bookings.map(({ id }) => id).filter(known.mayHold)
  const perhapsLive = bookings.map(({ voucherKey }) => voucherKey).filter(known.mayHold)
  const [booked, liveVouchers, eligible, decided, standing] = await inTurn([
    perhapsBooked.length > 0 ? readBooked(tx, perhapsBooked) : nothing,
    perhapsLive.length > 0 ? readLiveVouchers(tx, campaign, perhapsLive) : nothing,
    locked.eligibility === 'register'
      ? readEligible(
          tx,
          campaign,
          bookings.map(({ fingerprint }) => fingerprint),
        )
      : null,
    commands.length > 0
      ? readDecided(
          tx,
          commands.map(({ id }) => id),
        )
      : nothing,
    commands.length > 0
      ? readStandings(
          tx,
          campaign,
          commands.map(({ reservationId }) => reservationId),
        )
      : noStandings,
  ])

  const { book, dayStart, series } = memory
  const shape = { slotOf: book.slot, dayStart, series }
  const line =
    !isFresh || requests.some(concernsLine)
      ? await readLineMemory(tx, { campaign, revision: lineRevision, memory: memory.line, ...shape })
      : memory.line
  return {
    facts: {
      decided: booked.union(decided),
      liveVouchers,
      standing,
      eligible,
      closesAt: locked.closesAt,
      book,
      changedByOthers: !isFresh,
      line: line?.line ?? createWaitingLine(shape),
      lastPlace: line?.lastPlace ?? 0,
      dayStart,
      series,
    },
    memory: { ...memory, line },
  }
}

/** The slots as they are now. The line stays, for others are seen by its own revision, unless its days are others. */
async function readSlots(
  tx: Transaction,
  {
    campaign,
    locked: { timeZone, doses },
    slotsRevision,
    last,
  }: { campaign: string; locked: LockedCampaign; slotsRevision: number; last: Memory | undefined },
): Promise<Memory> {
  const book = createSlotBook(await readFreeSeats(tx, campaign))
  const line = last && hasSameDays(last, { timeZone, doses }) ? last.line : undefined
  line?.line.useSlots(book.slot)
  const series = doses && { doses, dayOf: createDayOf(timeZone) }
  return { slotsRevision, timeZone, book, dayStart: createDayStart(timeZone), series, line }
}

/** Whether what is arranged by days is arranged as it should be. */
export const hasSameDays = ({ timeZone, series }: Memory, now: Pick<LockedCampaign, 'timeZone' | 'doses'>) =>
  timeZone === now.timeZone && isDeepStrictEqual(series?.doses ?? null, now.doses)

const nothing: ReadonlySet<string> = new Set()
const noStandings: ReadonlyMap<string, Standing> = new Map()

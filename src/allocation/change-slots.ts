import type { NumberedSlotsRequest } from '../domain/decision.ts'
import type { Lane } from '../domain/lane.ts'
import type { AffectedReservation, SlotChange, SlotChangeReason } from '../domain/slot-change.ts'
import { insertDecisions, readDecided } from '../postgres/decisions.ts'
import type { Transaction } from '../postgres/pool.ts'
import {
  insertSlotChange,
  readHits,
  readLocationIds,
  readStoredSlots,
  type StoredSlot,
  writeSlots,
} from '../postgres/slot-changes.ts'
import { readStandings } from '../postgres/standings.ts'
import type { LockedCampaign, Work } from '../postgres/writers.ts'
import { createDayOf, createDayStart } from './day-start.ts'
import type { Decided } from './decide.ts'
import { type DecidedSlotChange, decideSlotChange, type Hit } from './decide-slot-change.ts'
import { hasSameDays, type Memory } from './read-facts.ts'
import { readLineMemory } from './read-line.ts'
import { type ResolvedChange, resolveSlotChange } from './resolve-slot-change.ts'
import { createSlotBook } from './slot-book.ts'
import { writeDecisions } from './write-decisions.ts'

/** Whose turn it is, and what is known of the campaign. */
export type Turn = { campaign: string; lane: Lane; locked: LockedCampaign; work: Work; memory: Memory | undefined }

/** What a transaction of one change did, as `decide` tells it of many requests. */
type Changed = { decided: Decided; memory: Memory; lineRevision: number | null }

/**
 * Changes slots, in a transaction of its own: reads them as they are, decides with them as they would be, and writes both, or neither and
 * why. The slots are rare to change, so that they are all read anew.
 */
export async function changeSlots(
  tx: Transaction,
  { campaign, lane, locked, work, memory: last, request }: Turn & { request: NumberedSlotsRequest },
): Promise<Changed> {
  const { id: requestId, number, receivedAt, change } = request
  const stored = await readStoredSlots(tx, campaign)

  /** What is remembered of the campaign with these slots. */
  async function arrange(slots: StoredSlot[]) {
    const { timeZone, doses } = locked
    const book = createSlotBook(slots.map(({ capacity, booked, ...slot }) => ({ ...slot, free: capacity - booked })))
    const dayStart = createDayStart(timeZone)
    const series = doses && { doses, dayOf: createDayOf(timeZone) }
    const known = last && hasSameDays(last, locked) ? last.line : undefined
    known?.line.useSlots(book.slot)
    const how = { slotOf: book.slot, dayStart, series }
    const line = await readLineMemory(tx, { campaign, revision: work.lineRevision, memory: known, ...how })
    return { slotsRevision: work.slotsRevision, timeZone, book, dayStart, series, line }
  }

  const unchanged = async (): Promise<Changed> => ({
    decided: { decisions: [], commands: [], ...nothing },
    memory: await arrange(stored),
    lineRevision: null,
  })

  async function note(reason: SlotChangeReason | null, affected: AffectedReservation[]) {
    const outcome = reason ? 'refused' : 'done'
    const decisions = [{ requestId, reservationId: null, number, kind: 'slots' as const, outcome, reason }]
    await insertDecisions(tx, { campaign, lane, decidedAt: work.now, decisions })
    await insertSlotChange(tx, { requestId, campaign, change, affected })
  }

  if ((await readDecided(tx, [requestId])).has(requestId)) return unchanged()
  const resolved = resolveSlotChange(change, stored, await readLocationIds(tx, campaign))
  if (typeof resolved === 'string') {
    await note(resolved, [])
    return unchanged()
  }
  const memory = await arrange(resolved.slots)
  const { decided, reason, affected } = decideSlotChange(change, {
    ...memory,
    hits: await readHitsOf(tx, campaign, change, resolved),
    line: memory.line.line,
    lastPlace: memory.line.lastPlace,
    dayOf: createDayOf(locked.timeZone),
    receivedAt,
  })
  await note(reason, affected)
  if (reason) return unchanged()

  const all = { decisions: [], commands: [], ...decided }
  const write = { campaign, lane, decidedAt: work.now, lineRevision: work.lineRevision, decided: all }
  // A slot gets smaller once people have left it, and larger before they come.
  const shrinks =
    change.do === 'capacity' && stored.some(({ id, capacity }) => id === change.slotId && capacity > change.capacity)
  if (!shrinks) await writeSlots(tx, campaign, change, resolved.about)
  const { revision } = await writeDecisions(tx, write, async () => {
    if (shrinks) await writeSlots(tx, campaign, change, resolved.about)
  })
  return { decided: all, memory, lineRevision: revision }
}

const nothing: DecidedSlotChange['decided'] = {
  changes: new Map(),
  line: { joined: [], gone: new Set(), lastPlace: 0 },
  taken: new Map(),
}

/** Who holds seats in the slots that a change takes seats from. */
async function readHitsOf(
  tx: Transaction,
  campaign: string,
  change: SlotChange,
  { about }: ResolvedChange,
): Promise<Hit[]> {
  if (!['capacity', 'block', 'close'].includes(change.do)) return []
  const hits = await readHits(
    tx,
    campaign,
    about.map(({ id }) => id),
  )
  const standings = await readStandings(
    tx,
    campaign,
    hits.map(({ reservationId }) => reservationId),
  )
  return hits.map(({ reservationId, slotId }) => ({ standing: standings.get(reservationId)!, slotId }))
}

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Sent, worldAndBatches } from '../../test/setup/random-requests.ts'
import { createSimpleRules, type SimpleWorld } from '../../test/setup/simple-rules.ts'
import type { NumberedRequest, NumberedSlotsRequest, Standing } from '../domain/decision.ts'
import type { StoredSlot } from '../postgres/slot-changes.ts'
import { createDayOf, createDayStart } from './day-start.ts'
import { type Decided, decide } from './decide.ts'
import { decideSlotChange } from './decide-slot-change.ts'
import { changeLine } from './read-line.ts'
import { resolveSlotChange } from './resolve-slot-change.ts'
import { createSlotBook } from './slot-book.ts'
import { createWaitingLine } from './waiting-line.ts'

/** What transactions leave behind, as an allocator remembers it and the database keeps it. */
function createKept({ timeZone, closesAt, doses, slots }: SimpleWorld) {
  const dayStart = createDayStart(timeZone)
  const dayOf = createDayOf(timeZone)
  const series = doses && { doses, dayOf }
  let stored: StoredSlot[] = slots.map((slot) => ({ ...slot, booked: 0 }))
  const bookOf = (all: StoredSlot[]) =>
    createSlotBook(all.map(({ capacity, booked, ...slot }) => ({ ...slot, free: capacity - booked })))
  let book = bookOf(stored)
  let line = { revision: 0, line: createWaitingLine({ slotOf: book.slot, dayStart, series }), lastPlace: 0 }
  const standings = new Map<string, Standing>()
  const decided = new Set<string>()

  function keep({ decisions, commands, changes, line: lineChanges, taken }: Decided) {
    for (const { request, decision } of decisions) {
      decided.add(request.id)
      const waiting = decision.status === 'waitlisted' ? { place: decision.place, choices: request.choices } : null
      standings.set(request.id, {
        id: request.id,
        voucherKey: request.voucherKey,
        status: decision.status,
        seats: decision.seats,
        waiting,
      })
    }
    for (const { request } of commands) decided.add(request.id)
    for (const { id, status, seats, waiting } of changes.values())
      standings.set(id, { ...standings.get(id)!, status, seats, waiting })
    book.take(taken)
    for (const slot of stored) slot.booked += taken.get(slot.id) ?? 0
    line = changeLine(line, lineChanges, line.revision + 1)
  }

  function change({ id, change: wanted, receivedAt }: NumberedSlotsRequest): string {
    decided.add(id)
    const resolved = resolveSlotChange(wanted, stored, new Set(['east', 'north', 'west']))
    if (typeof resolved === 'string') return resolved
    const changedBook = bookOf(resolved.slots)
    line.line.useSlots(changedBook.slot)
    const hits = [...standings.values()]
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .flatMap((standing) =>
        standing.seats
          .filter(({ slotId }) => resolved.about.some((slot) => slot.id === slotId))
          .map(({ slotId }) => ({ standing, slotId })),
      )
    const facts = {
      book: changedBook,
      hits,
      line: line.line,
      lastPlace: line.lastPlace,
      dayStart,
      dayOf,
      series,
      receivedAt,
    }
    const done = decideSlotChange(wanted, facts)
    if (done.reason) {
      line.line.useSlots(book.slot)
      return done.reason
    }
    book = changedBook
    stored = resolved.slots
    keep({ ...done.decided, decisions: [], commands: [] })
    return 'done'
  }

  return {
    slot: (id: string) => book.slot(id),
    standings,
    isDecided: (id: string) => decided.has(id),
    change,
    decide(requests: NumberedRequest[]) {
      const live = [...standings.values()].filter(({ status }) => status === 'booked' || status === 'waitlisted')
      const about = requests.flatMap((request) => (request.kind === 'book' ? [] : request.reservationId))
      const done = decide(requests, {
        decided,
        liveVouchers: new Set(live.map(({ voucherKey }) => voucherKey)),
        standing: new Map(about.flatMap((id) => (standings.has(id) ? [[id, standings.get(id)!]] : []))),
        eligible: null,
        closesAt,
        book,
        changedByOthers: false,
        line: line.line,
        lastPlace: line.lastPlace,
        dayStart,
        series,
      })
      keep(done)
      return done
    },
  }
}

const outcomesOf = ({ decisions, commands }: Decided) =>
  new Map([
    ...decisions.map(({ request, decision }): [string, string] => [request.id, decision.reason ?? decision.status]),
    ...commands.map(({ request, decision }): [string, string] => [request.id, decision.reason ?? decision.outcome]),
  ])

function agree([world, batches]: [SimpleWorld, Sent[]], met: Map<string, number>) {
  const kept = createKept(world)
  const rules = createSimpleRules(world)
  const outcomes = new Map<string, string>()
  const meet = (outcome: string) => met.set(outcome, (met.get(outcome) ?? 0) + 1)
  for (const { requests } of batches) {
    // As the log is read: many in a transaction, a change of slots alone.
    let together: NumberedRequest[] = []
    const decideTogether = () => {
      for (const [id, outcome] of outcomesOf(kept.decide(together))) {
        outcomes.set(id, outcome)
        meet(outcome)
      }
      together = []
    }
    for (const request of requests) {
      if (request.kind !== 'slots') together.push(request)
      else {
        decideTogether()
        if (kept.isDecided(request.id)) continue
        const outcome = kept.change(request)
        outcomes.set(request.id, outcome)
        meet(`${request.change.do} ${'affected' in request.change ? request.change.affected : ''} ${outcome}`)
      }
    }
    decideTogether()
    for (const request of requests) rules.decide(request)
    expect(outcomes).toEqual(rules.outcomes)
    expect(
      [...kept.standings.values()]
        .map(({ id, status, seats, waiting }) => [
          id,
          status,
          seats.map(({ slotId }) => slotId),
          waiting?.place ?? null,
        ])
        .sort(),
    ).toEqual(
      [...rules.reservations.values()]
        .map(({ id, status, slots, place }) => [id, status, slots, status === 'waitlisted' ? place : null])
        .sort(),
    )
    // What the design promises, whatever the rules above say.
    for (const slot of rules.slots.values()) {
      const free = kept.slot(slot.id)!.free
      expect(free).toBe(slot.capacity - rules.held(slot.id))
      expect(free).toBeGreaterThanOrEqual(0)
    }
    for (const waiter of rules.inLine()) expect(rules.find(waiter.choices)).toBeNull()
    const live = [...kept.standings.values()].filter(({ status }) => status === 'booked' || status === 'waitlisted')
    expect(new Set(live.map(({ voucherKey }) => voucherKey)).size).toBe(live.length)
  }
  for (const { status } of rules.reservations.values()) meet(`in the end ${status}`)
}

test.each([
  ['one dose', false],
  ['a series of doses', true],
])(
  '%s: whatever is booked, moved, cancelled and sent again, over three lanes, it is as the rules say, one after another',
  (_, series) => {
    const met = new Map<string, number>()
    fc.assert(
      fc.property(worldAndBatches(series), (drawn) => agree(drawn, met)),
      { numRuns: 2_000 },
    )
    // The generator reaches what it is about.
    for (const outcome of [
      'booked',
      'waitlisted',
      'sold-out',
      'voucher-used',
      'done',
      'already-cancelled',
      'was-rejected',
      'appointment-past',
      'unknown-reservation',
      'capacity keep would-hit',
      'capacity move done',
      'capacity cancel done',
      'block keep done',
      'close keep would-hit',
      'close move done',
      'close move cannot-move',
      'unblock  done',
      'add  done',
    ])
      expect([outcome, met.get(outcome) ?? 0]).toEqual([outcome, expect.toSatisfy((count) => count > 5)])
  },
)

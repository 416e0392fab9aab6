import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Choice } from '../domain/choice.ts'
import type { Decision, NumberedBooking } from '../domain/decision.ts'
import { createDayStart } from './day-start.ts'
import { decide, type Facts } from './decide.ts'
import { type BookSlot, createSlotBook } from './slot-book.ts'
import { createWaitingLine } from './waiting-line.ts'

/** What a decision depends on, as plain data, from which the facts are made anew for each run. */
type World = {
  timeZone: string
  closesAt: number
  slots: BookSlot[]
  decided: string[]
  liveVouchers: string[]
  eligible: string[] | null
}

const factsOf = (world: World): Facts => ({
  decided: new Set(world.decided),
  liveVouchers: new Set(world.liveVouchers),
  standing: new Map(),
  eligible: world.eligible && new Set(world.eligible),
  closesAt: world.closesAt,
  book: createSlotBook(world.slots.map((slot) => ({ ...slot }))),
  dayStart: createDayStart(world.timeZone),
  series: null,
  changedByOthers: false,
  line: createWaitingLine({ slotOf: () => undefined, dayStart: createDayStart(world.timeZone), series: null }),
  lastPlace: 0,
})

const run = (requests: NumberedBooking[], world: World) => decide(requests, factsOf(world))
const outcomes = (requests: NumberedBooking[], world: World): [string, string][] =>
  run(requests, world).decisions.map(({ request, decision }) => [request.id, say(decision)])
const say = ({ status, reason, seats }: Decision) => (status === 'booked' ? seats[0]!.slotId : reason!)

/** The same rules, written to be read and not to be fast: every slot is looked at for every choice. */
function decideSlowly(requests: NumberedBooking[], world: World): [string, string][] {
  const free = new Map(world.slots.map(({ id, free }) => [id, free]))
  const live = new Set(world.liveVouchers)
  const done = new Set(world.decided)
  const answers: [string, string][] = []
  const dayOf = (slot: BookSlot) =>
    Temporal.Instant.fromEpochMilliseconds(slot.startsAt).toZonedDateTimeISO(world.timeZone).toPlainDate().toString()
  const place = (choice: Choice, slot: BookSlot) =>
    'slotId' in choice ? 0 : choice.locationIds.indexOf(slot.locationId)
  const fits = (choice: Choice, slot: BookSlot) =>
    'slotId' in choice
      ? slot.id === choice.slotId
      : choice.locationIds.includes(slot.locationId) && choice.from <= dayOf(slot) && dayOf(slot) <= choice.to

  for (const request of requests) {
    if (done.has(request.id)) continue
    done.add(request.id)
    const wanted = request.choices.flatMap((choice) =>
      world.slots
        .filter((slot) => fits(choice, slot) && free.get(slot.id)! > 0)
        .toSorted((a, b) => a.startsAt - b.startsAt || place(choice, a) - place(choice, b) || (a.id < b.id ? -1 : 1)),
    )
    const first = wanted[0]
    const answer =
      world.eligible && !world.eligible.includes(request.fingerprint)
        ? 'not-eligible'
        : request.receivedAt >= world.closesAt
          ? 'closed'
          : live.has(request.voucherKey)
            ? 'voucher-used'
            : first
              ? first.id
              : 'sold-out'
    if (first && answer === first.id) {
      free.set(first.id, free.get(first.id)! - 1)
      live.add(request.voucherKey)
    }
    answers.push([request.id, answer])
  }
  return answers
}

// Few of everything, so that requests meet. The days are those on which clocks change: in Berlin (March and October), and in
// Cairo, where the day of the change has no midnight.
const firstDays = ['2026-03-28', '2026-10-24', '2026-04-23', '2026-12-01']
const zones = ['Europe/Berlin', 'Africa/Cairo', 'Asia/Tokyo', 'America/St_Johns', 'Pacific/Kiritimati', 'UTC']
const locations = ['east', 'north', 'west']
const closesAt = Date.parse('2026-12-31T00:00:00Z')

const worldAndRequests = fc
  .tuple(fc.constantFrom(...firstDays), fc.constantFrom(...zones))
  .chain(([firstDay, timeZone]) => {
    const firstMs = Date.parse(`${firstDay}T00:00:00Z`)
    const day = fc.nat(4).map((days) => new Date(firstMs + days * 86_400_000).toISOString().slice(0, 10))
    const slots = fc.uniqueArray(
      fc.record({
        id: fc.constantFrom('s1', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's11', 's12'),
        locationId: fc.constantFrom(...locations),
        startsAt: fc.integer({ min: -24, max: 240 }).map((halfHours) => firstMs + halfHours * 1_800_000),
        free: fc.nat(2),
      }),
      { selector: ({ id }) => id, minLength: 4, maxLength: 12 },
    )
    const choice: fc.Arbitrary<Choice> = fc.oneof(
      fc.constantFrom('s1', 's2', 's3', 's4', 'gone').map((slotId) => ({ slotId })),
      fc
        .tuple(fc.shuffledSubarray(locations, { minLength: 1 }), day, day)
        .map(([locationIds, a, b]) => ({ locationIds, from: a < b ? a : b, to: a < b ? b : a })),
    )
    const requests = fc
      .array(
        fc.record({
          id: fc.nat(30),
          person: fc.nat(12),
          late: fc.boolean(),
          choices: fc.array(choice, { minLength: 1, maxLength: 3 }),
        }),
        { minLength: 5, maxLength: 25 },
      )
      .map((drawn) =>
        drawn.map(({ id, person, late, choices }, at) =>
          request({
            number: at + 1,
            // Now and then the same id twice: the first stands.
            id: `r${id}`,
            voucherKey: `v${person}`,
            fingerprint: `f${person}`,
            receivedAt: late && person % 3 === 0 ? closesAt : closesAt - 1,
            choices,
          }),
        ),
      )
    const world = fc.record({
      timeZone: fc.constant(timeZone),
      closesAt: fc.constant(closesAt),
      slots,
      decided: fc.subarray(['r1', 'r2', 'r3']),
      liveVouchers: fc.subarray(['v1', 'v2', 'v3']),
      eligible: fc.option(
        fc.subarray(
          Array.from({ length: 13 }, (_, at) => `f${at}`),
          { minLength: 6 },
        ),
      ),
    })
    return fc.tuple(world, requests)
  })

function request(fields: Partial<NumberedBooking>): NumberedBooking {
  const number = fields.number ?? 1
  return {
    id: `r${number}`,
    kind: 'book',
    voucherKey: `v${number}`,
    fingerprint: `f${number}`,
    choices: [{ slotId: 's1' }],
    waitlist: false,
    notify: false,
    box: '',
    number,
    batchId: 'b1',
    place: number - 1,
    receivedAt: 0,
    acceptedAt: 0,
    ...fields,
  }
}

const property = (holds: (world: World, requests: NumberedBooking[]) => void, numRuns = 2_000) =>
  fc.assert(
    fc.property(worldAndRequests, ([world, requests]) => holds(world, requests)),
    { numRuns },
  )

test('whatever is asked, the decisions are those of the rules looked up slot by slot', () => {
  let booked = 0
  property((world, requests) => {
    const expected = decideSlowly(requests, world)
    booked += expected.filter(([, answer]) => answer.startsWith('s') && answer !== 'sold-out').length
    expect(outcomes(requests, world)).toEqual(expected)
  }, 5_000)
  // The generator reaches what it is about.
  expect(booked).toBeGreaterThan(5_000)
})

test('no slot is given more often than it has seats, and the seats taken are those of the booked', () => {
  property((world, requests) => {
    const { decisions, taken } = run(requests, world)
    const seats = decisions.flatMap(({ decision }) => decision.seats.map(({ slotId }) => slotId))
    for (const { id, free } of world.slots) expect(seats.filter((seat) => seat === id).length).toBeLessThanOrEqual(free)
    expect([...taken]).toEqual(
      [...new Set(seats)].toSorted().map((id) => [id, seats.filter((seat) => seat === id).length]),
    )
  })
})

test('no voucher is booked twice, nor one that has a live reservation', () => {
  property((world, requests) => {
    const booked = run(requests, world).decisions.filter(({ decision }) => decision.status === 'booked')
    const vouchers = booked.map(({ request }) => request.voucherKey)
    expect(new Set(vouchers).size).toBe(vouchers.length)
    expect(vouchers.filter((voucher) => world.liveVouchers.includes(voucher))).toEqual([])
  })
})

test('who comes later changes nothing for those before: the decisions of a prefix are a prefix of the decisions', () => {
  property((world, requests) => {
    const all = outcomes(requests, world)
    for (let length = 0; length < requests.length; length += 1) {
      const first = outcomes(requests.slice(0, length), world)
      expect(first).toEqual(all.slice(0, first.length))
    }
  }, 500)
})

test('cut into transactions anywhere, what was decided is remembered and nothing comes out differently', () => {
  fc.assert(
    fc.property(worldAndRequests, fc.nat(25), ([world, requests], cut) => {
      const facts = factsOf(world)
      const first = decide(requests.slice(0, cut), facts)
      facts.book.take(first.taken)
      const booked = first.decisions.filter(({ decision }) => decision.status === 'booked')
      const second = decide(requests.slice(cut), {
        ...facts,
        decided: new Set([...facts.decided, ...first.decisions.map(({ request }) => request.id)]),
        liveVouchers: new Set([...facts.liveVouchers, ...booked.map(({ request }) => request.voucherKey)]),
      })
      expect([...first.decisions, ...second.decisions]).toEqual(run(requests, world).decisions)
    }),
    { numRuns: 2_000 },
  )
})

test('what was decided is not decided again, in a later transaction or in the same', () => {
  property((world, requests) => {
    const once = run(requests, world)
    const ids = once.decisions.map(({ request }) => request.id)
    expect(run(requests, { ...world, decided: [...world.decided, ...ids] })).toEqual({
      decisions: [],
      commands: [],
      changes: new Map(),
      line: { joined: [], gone: new Set(), lastPlace: 0 },
      taken: new Map(),
    })
    expect(outcomes([...requests, ...requests], world)).toEqual(outcomes(requests, world))
    expect(ids).toEqual([...new Set(requests.map(({ id }) => id))].filter((id) => !world.decided.includes(id)))
  })
})

test('the same requests and facts give the same decisions, and leave both as they were', () => {
  property((world, requests) => {
    const facts = factsOf(world)
    const asked = structuredClone(requests)
    const first = decide(requests, facts)
    expect(requests).toEqual(asked)
    expect(world.slots.map(({ id }) => facts.book.slot(id))).toEqual(world.slots)
    expect(decide(requests, facts)).toEqual(first)
  })
})

const everything: World = {
  timeZone: 'Asia/Tokyo',
  closesAt,
  slots: [{ id: 's1', locationId: 'east', startsAt: Date.parse('2026-12-01T09:00:00+09:00'), free: 1 }],
  decided: [],
  liveVouchers: [],
  eligible: null,
}

test('of several reasons the first is given: not-eligible, closed, voucher-used, sold-out', () => {
  const wrong = { receivedAt: closesAt, choices: [{ slotId: 'gone' }] }
  const answer = (fields: Partial<NumberedBooking>, world: Partial<World>) =>
    outcomes([request(fields)], { ...everything, ...world })[0]![1]
  expect(answer(wrong, { eligible: [], liveVouchers: ['v1'] })).toBe('not-eligible')
  expect(answer(wrong, { eligible: ['f1'], liveVouchers: ['v1'] })).toBe('closed')
  expect(answer({ ...wrong, receivedAt: closesAt - 1 }, { eligible: ['f1'], liveVouchers: ['v1'] })).toBe(
    'voucher-used',
  )
  expect(answer({ ...wrong, receivedAt: closesAt - 1 }, { eligible: ['f1'] })).toBe('sold-out')
  expect(answer({ receivedAt: closesAt - 1 }, { eligible: ['f1'] })).toBe('s1')
})

test('a rejected request does not use up the voucher', () => {
  const asked = [request({ id: 'a', choices: [{ slotId: 'gone' }] }), request({ id: 'b' }), request({ id: 'c' })]
  expect(outcomes(asked, everything)).toEqual([
    ['a', 'sold-out'],
    ['b', 's1'],
    ['c', 'voucher-used'],
  ])
})

test('a choice ranked higher is given though a lower one starts earlier', () => {
  const slots = ['09', '10'].map((hour) => ({
    id: `at-${hour}`,
    locationId: 'east',
    startsAt: Date.parse(`2026-12-01T${hour}:00:00+09:00`),
    free: 1,
  }))
  const choices = [{ slotId: 'at-10' }, { slotId: 'at-09' }]
  const asked = [1, 2, 3].map((number) => request({ number, choices }))
  expect(outcomes(asked, { ...everything, slots })).toEqual([
    ['r1', 'at-10'],
    ['r2', 'at-09'],
    ['r3', 'sold-out'],
  ])
})

test('any slot is the earliest start, then the location named first, then the smallest id', () => {
  const at = (hour: string) => Date.parse(`2026-12-01T${hour}:00:00+09:00`)
  const slots = [
    { id: 'east-10', locationId: 'east', startsAt: at('10'), free: 1 },
    { id: 'east-9', locationId: 'east', startsAt: at('09'), free: 1 },
    { id: 'a-west', locationId: 'west', startsAt: at('10'), free: 1 },
    { id: 'b-west', locationId: 'west', startsAt: at('10'), free: 1 },
    { id: 'north-8', locationId: 'north', startsAt: at('08'), free: 1 },
  ]
  const choices = [{ locationIds: ['west', 'east'], from: '2026-12-01', to: '2026-12-01' }]
  const asked = [1, 2, 3, 4, 5].map((number) => request({ number, choices }))
  expect(outcomes(asked, { ...everything, slots }).map(([, answer]) => answer)).toEqual([
    'east-9',
    'a-west',
    'b-west',
    'east-10',
    'sold-out',
  ])
})

// On 2026-03-29 Berlin's day has 23 hours, on 2026-10-25 25; each side of each midnight belongs to its own day.
test.each([
  [
    '2026-03-29',
    '2026-03-28T23:59:59+01:00',
    '2026-03-29T00:00:00+01:00',
    '2026-03-29T23:59:59+02:00',
    '2026-03-30T00:00:00+02:00',
  ],
  [
    '2026-10-25',
    '2026-10-24T23:59:59+02:00',
    '2026-10-25T00:00:00+02:00',
    '2026-10-25T23:59:59+01:00',
    '2026-10-26T00:00:00+01:00',
  ],
])('the day %s in Berlin begins and ends at its own midnights', (day, before, first, last, after) => {
  const slots = Object.entries({ before, first, last, after }).map(([id, startsAt]) => ({
    id,
    locationId: 'east',
    startsAt: Date.parse(startsAt),
    free: 1,
  }))
  const asked = [1, 2, 3].map((number) => request({ number, choices: [{ locationIds: ['east'], from: day, to: day }] }))
  expect(outcomes(asked, { ...everything, timeZone: 'Europe/Berlin', slots }).map(([, answer]) => answer)).toEqual([
    'first',
    'last',
    'sold-out',
  ])
})

import fc from 'fast-check'
import type { Choice } from '#src/domain/choice.ts'
import type { NumberedRequest, NumberedSlotsRequest } from '#src/domain/decision.ts'
import { type Lane, lanes } from '#src/domain/lane.ts'
import type { Affected, SlotChange } from '#src/domain/slot-change.ts'
import type { SimpleWorld } from './simple-rules.ts'

const firstMs = Date.parse('2026-12-01T00:00:00Z')
const dayMs = 86_400_000
const closesAt = firstMs + 100 * dayMs
const locations = ['east', 'north', 'west']
const slotIds = Array.from({ length: 10 }, (_, at) => `s${at}`)

const day = fc.nat(7).map((days) => new Date(firstMs + days * dayMs).toISOString().slice(0, 10))
const choice: fc.Arbitrary<Choice> = fc.oneof(
  fc.constantFrom(...slotIds).map((slotId) => ({ slotId })),
  fc
    .tuple(fc.shuffledSubarray(locations, { minLength: 1 }), day, day)
    .map(([locationIds, a, b]) => ({ locationIds, from: a < b ? a : b, to: a < b ? b : a })),
)
const choices = fc.array(choice, { minLength: 1, maxLength: 3 })
const doses = fc.record({
  count: fc.integer({ min: 2, max: 3 }),
  gapDays: fc.tuple(fc.nat(2), fc.nat(3)).map(([min, more]) => ({ min, max: min + more })),
  sameLocation: fc.boolean(),
})

const world = (series: boolean): fc.Arbitrary<SimpleWorld> =>
  fc.record({
    timeZone: fc.constantFrom('Asia/Tokyo', 'UTC', 'America/St_Johns'),
    closesAt: fc.constant(closesAt),
    doses: series ? doses : fc.constant(null),
    slots: fc.uniqueArray(
      fc.record({
        id: fc.constantFrom(...slotIds),
        locationId: fc.constantFrom(...locations.slice(0, series ? 2 : 3)),
        startsAt: fc.nat(7 * 24).map((hours) => firstMs + hours * 3_600_000),
        capacity: fc.nat(2),
        blocked: fc.constant(false),
      }),
      { selector: ({ id }) => id, minLength: 6, maxLength: 10 },
    ),
  })

/** What is asked, before it has ids and numbers. `of`: which earlier booking a command is about, from the last. */
type Draft =
  | { kind: 'book'; person: number; choices: Choice[]; waitlist: boolean }
  | { kind: 'cancel'; of: number; late: boolean }
  | { kind: 'move'; of: number; choices: Choice[]; late: boolean }
  | { kind: 'again'; of: number }
  | { kind: 'slots'; change: SlotChange; late: boolean }

const which = fc.oneof(
  fc.subarray(slotIds, { minLength: 1, maxLength: 3 }).map((ids) => ({ slotIds: ids })),
  fc.constantFrom(...locations).map((locationId) => ({ locationId })),
)
/** `gentle`: nothing that depends on who of several was booked last. */
const slotChange = (gentle: boolean): fc.Arbitrary<SlotChange> => {
  const affected = fc.constantFrom<Affected>(
    ...(gentle ? (['keep', 'cancel'] as const) : (['keep', 'move', 'cancel'] as const)),
  )
  return fc.oneof(
    fc.record({
      do: fc.constant('capacity' as const),
      slotId: fc.constantFrom(...slotIds),
      capacity: fc.nat(3),
      affected: gentle ? fc.constant<Affected>('keep') : affected,
    }),
    fc.record({ do: fc.constantFrom('block' as const, 'close' as const), which, affected }),
    fc.record({ do: fc.constant('unblock' as const), which }),
    fc
      .tuple(fc.constantFrom('new1', 'new2', 'new3'), fc.constantFrom(...locations), fc.nat(7 * 24), fc.nat(2))
      .map(([id, locationId, hours, capacity]): SlotChange => {
        const at = (minutes: number) => new Date(firstMs + hours * 3_600_000 + minutes * 60_000).toISOString()
        return { do: 'add', slots: [{ id, locationId, startsAt: at(0), endsAt: at(10), capacity }] }
      }),
  )
}

const late = fc.nat(20).map((n) => n === 0)
const draft = (gentle: boolean): fc.Arbitrary<Draft> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('slots' as const), change: slotChange(gentle), late }) },
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('book' as const), person: fc.nat(14), choices, waitlist: fc.boolean() }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('cancel' as const), of: fc.nat(8), late }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('move' as const), of: fc.nat(8), choices, late }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('again' as const), of: fc.nat(8) }) },
  )

export type Sent = { lane: Lane; requests: (NumberedRequest | NumberedSlotsRequest)[] }

/** A small world, and batches sent to its three lanes. What comes again has the id that it had. */
export const worldAndBatches = (
  series: boolean,
  { makeId = (n: number) => `r${n}`, makeHash = (n: number) => `v${n}`, gentle = false } = {},
) =>
  fc
    .tuple(
      world(series),
      fc.array(fc.tuple(fc.constantFrom(...lanes), fc.array(draft(gentle), { minLength: 1, maxLength: 6 })), {
        minLength: 1,
        maxLength: 14,
      }),
    )
    .map(([drawn, batches]): [SimpleWorld, Sent[]] => {
      const sent: Sent['requests'] = []
      const booked: string[] = []
      const numbers = new Map<Lane, number>()
      const toRequest = (lane: Lane, place: number, one: Draft): Sent['requests'][number] => {
        const number = (numbers.get(lane) ?? 0) + 1
        numbers.set(lane, number)
        const where = { number, batchId: 'b', place, acceptedAt: 0 }
        const id = makeId(sent.length)
        if (one.kind === 'again') {
          const earlier = sent.at(-1 - one.of)
          if (earlier) return { ...earlier, ...where }
          return { id, kind: 'cancel', reservationId: makeId(1_000), receivedAt: 0, ...where }
        }
        const receivedAt = 'late' in one && one.late ? firstMs + 2 * dayMs : 0
        if (one.kind === 'slots') return { id, kind: 'slots', change: one.change, receivedAt, ...where }
        if (one.kind === 'book') {
          booked.push(id)
          const hash = makeHash(one.person)
          const sealed = { box: '', notify: false, fingerprint: hash, voucherKey: hash }
          return { id, kind: 'book', choices: one.choices, waitlist: one.waitlist, receivedAt: 0, ...sealed, ...where }
        }
        const about = {
          id,
          reservationId: booked.at(-1 - one.of) ?? makeId(1_001),
          receivedAt,
          ...where,
        }
        return one.kind === 'cancel' ? { ...about, kind: 'cancel' } : { ...about, kind: 'move', choices: one.choices }
      }
      return [
        drawn,
        batches.map(([lane, drafts]) => ({
          lane,
          requests: drafts.map((one, place) => {
            const request = toRequest(lane, place, one)
            sent.push(request)
            return request
          }),
        })),
      ]
    })

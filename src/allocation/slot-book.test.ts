import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BookSlot, createSlotBook } from './slot-book.ts'

const slots = fc.uniqueArray(
  fc.record({
    id: fc.string({ unit: fc.constantFrom('a', 'B', '1', '-', 'é'), minLength: 1, maxLength: 3 }),
    locationId: fc.constantFrom('east', 'west'),
    startsAt: fc.nat(12),
    free: fc.nat(3),
  }),
  { selector: ({ id }) => id, maxLength: 40 },
)

/** Every slot looked at: those of the location within the time that have a seat, by start and then by code unit of the id. */
function scan(all: BookSlot[], locationId: string, from: number, until: number): BookSlot[] {
  return all
    .filter((slot) => slot.locationId === locationId && slot.startsAt >= from && slot.startsAt < until && slot.free > 0)
    .toSorted((a, b) => a.startsAt - b.startsAt || (a.id < b.id ? -1 : 1))
}

test('after any takes, the free slots found are those that a look at every slot finds', () => {
  fc.assert(
    fc.property(slots, fc.array(fc.tuple(fc.nat(39), fc.nat(14), fc.nat(14)), { maxLength: 80 }), (made, steps) => {
      const book = createSlotBook(made.map((slot) => ({ ...slot })))
      const truth = made.map((slot) => ({ ...slot }))
      for (const [which, from, length] of steps) {
        const slot = truth[which % Math.max(1, truth.length)]
        if (slot && slot.free > 0) {
          const seats = (length % slot.free) + 1
          slot.free -= seats
          book.take(new Map([[slot.id, seats]]))
        }
        for (const location of ['east', 'west', 'nowhere'])
          expect([...book.freeAt(location, from, from + length)]).toEqual(scan(truth, location, from, from + length))
      }
      for (const slot of truth) expect(book.slot(slot.id)).toEqual(slot)
    }),
    { numRuns: 1_000 },
  )
})

test('a slot that is not in the book is unknown, and taking a seat in it is a bug that is named', () => {
  const book = createSlotBook([{ id: 'known', locationId: 'east', startsAt: 0, free: 1 }])
  expect(book.slot('unknown')).toBeUndefined()
  expect(() => book.take(new Map([['unknown', 1]]))).toThrow('bug: seats taken in slot unknown')
})

test('a sold-out campaign of 100,000 slots is searched as fast as an empty one', () => {
  const count = 100_000
  const newBook = () =>
    createSlotBook(
      Array.from({ length: count }, (_, at) => ({ id: `s${at}`, locationId: 'east', startsAt: at, free: 1 })),
    )
  const [empty, soldOut] = [newBook(), newBook()]
  soldOut.take(new Map(Array.from({ length: count - 1 }, (_, at) => [`s${at}`, 1])))
  /** How long 2,000 searches take, in ms, once the code is warm. */
  function time(book: typeof empty): number {
    const search = () => book.freeAt('east', 0, count).next().value?.id
    for (let warm = 0; warm < 2_000; warm += 1) search()
    const start = performance.now()
    for (let times = 0; times < 2_000; times += 1) search()
    return performance.now() - start
  }
  expect(soldOut.freeAt('east', 0, count).next().value?.id).toBe(`s${count - 1}`)
  // A look at every slot takes a thousand times as long.
  expect(time(soldOut)).toBeLessThan(10 * time(empty) + 20)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { operatorDatabase } from '../../test/setup/operator-database.ts'
import { base64s, hexes, int4s, int8s, texts, timestamptzs, uuids } from './binary-arrays.ts'

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const text = fc.string({ unit: 'binary', maxLength: 40 }).map((any) => any.replaceAll('\0', ''))
/** 285 years before and after 2000: as far as a safe integer of microseconds goes. */
const instant = fc.date({ min: new Date('1715-01-01'), max: new Date('2285-01-01'), noInvalidDate: true })
const integer = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })

/** Each type, its values as they are sent by text, and as this sends them. */
const kinds = [
  kind('uuid', fc.uuid({ version: [1, 4, 5, 7] }), uuids),
  kind(
    'uuid',
    fc.uuid().map((id) => id.toUpperCase()),
    uuids,
  ),
  kind('int4', integer(32), int4s),
  kind('int8', fc.oneof(fc.maxSafeInteger(), fc.integer()), int8s),
  kind('text', text, texts),
  kind('text', fc.constantFrom('', 'NULL', '"', '\\', '{}', '診療所 𠮷', ' '), texts),
  kind('bytea', bytes, (all) => base64s(all.map(orNull((one) => one.toString('base64'))))),
  kind('bytea', bytes, (all) => hexes(all.map(orNull((one) => one.toString('hex'))))),
  kind('timestamptz', instant, (all) => timestamptzs(all.map(orNull((one) => one.getTime())))),
]

function kind<Value>(type: string, value: fc.Arbitrary<Value>, encode: (values: (Value | null)[]) => Buffer) {
  const values = fc.array(fc.option(value, { freq: 5 }), { maxLength: 600, size: 'max' })
  return { type, sent: values.map((all) => ({ asText: all.map(inText), asBinary: encode(all) })) }
}

function orNull<From, To>(make: (value: From) => To) {
  return (value: From | null) => (value === null ? null : make(value))
}

const inText = (value: unknown) => (value instanceof Date ? value.toISOString() : value)

test('an array in binary is the array that its text is, whatever is in it', async () => {
  const { pool } = await operatorDatabase()
  for (const { type, sent } of kinds)
    await fc.assert(
      fc.asyncProperty(sent, async ({ asText, asBinary }) => {
        const { rows } = await pool.query(`select $1::${type}[] is not distinct from $2::${type}[] as same`, [
          asBinary,
          asText,
        ])
        expect(rows).toEqual([{ same: true }])
      }),
      { numRuns: 30 },
    )
})

test('an array of none is an empty one', async () => {
  const { pool } = await operatorDatabase()
  const { rows } = await pool.query('select $1::uuid[] as none', [uuids([])])
  expect(rows).toEqual([{ none: [] }])
})

test('ids that were changed in place are written as they are', () => {
  const ids = ['0d4e3a52-6b1f-5c38-9a07-2f8c5d1e7b94']
  const before = uuids(ids)
  ids[0] = '1d4e3a52-6b1f-5c38-9a07-2f8c5d1e7b94'
  expect(uuids(ids)).not.toEqual(before)
})

test.for([
  ['a uuid', () => uuids(['0d4e3a52-6b1f-5c38-9a07-2f8c5d1e7b9'])],
  ['a uuid', () => uuids(['0d4e3a52-6b1f-5c38-9a07-2f8c5d1e7b9g'])],
  ['a uuid', () => uuids(['0d4e3a52-6b1f-5c38-9a07-2f8c5d1e7b9\u0430'])],
  ['a uuid', () => uuids(['0d4e3a5206b1f-5c38-9a07-2f8c5d1e7b94'])],
  ['hex', () => hexes(['abc'])],
  ['hex', () => hexes(['xy'])],
  ['base64', () => base64s(['A=A='])],
  ['base64', () => base64s(['????'])],
  ['an int4', () => int4s([-(2 ** 31) - 1])],
  ['an int8', () => int8s([2 ** 53])],
  ['an int8', () => int8s([1.5])],
  ['an instant', () => timestamptzs([Number.NaN])],
] as const)('what is not %s is refused, and not as if the connection had failed', ([, encode]) => {
  expect(encode).toThrow(expect.not.objectContaining({ code: expect.anything() }))
})

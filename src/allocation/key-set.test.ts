import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKeySet } from './key-set.ts'

const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
/** Many of them share their last digits, or are nothing but zeros. */
const key = fc
  .tuple(
    fc.oneof(digits(8), fc.constant('00000000')),
    digits(16),
    fc.constantFrom('00000000', '00000001', '00000401', 'ffffffff'),
  )
  .map((parts) => parts.join(''))

test('it has what was added, and nothing whose first or last digits are others', () => {
  fc.assert(
    fc.property(fc.array(key), fc.array(key), (added, others) => {
      const keys = createKeySet()
      const bits = new Set<string>()
      // The last place of a key is never 0.
      const bitsOf = (of: string) => of.slice(0, 8) + of.slice(-8).replace(/^0{8}$/, '00000001')
      for (const one of added) {
        keys.add(one)
        bits.add(bitsOf(one))
      }
      for (const one of [...added, ...others]) expect(keys.has(one)).toBe(bits.has(bitsOf(one)))
    }),
  )
})

const numbered = (n: number) =>
  `${(n * 2_654_435_761).toString(16).padStart(16, '0').slice(-8)}-${n.toString(16).padStart(8, '0')}`

test('it grows, and forgets none', () => {
  const keys = createKeySet()
  for (let n = 0; n < 100_000; n += 1) keys.add(numbered(n))
  for (let n = 0; n < 100_000; n += 1) expect(keys.has(numbered(n))).toBe(true)
  for (let n = 100_000; n < 200_000; n += 1) expect(keys.has(numbered(n))).toBe(false)
})

test('full, it says of every key that it may be one of its own', () => {
  const keys = createKeySet({ most: 1_024 })
  for (let n = 0; n < 600; n += 1) keys.add(numbered(n))
  expect(keys.has(numbered(1_000))).toBe(false)
  for (let n = 600; n < 700; n += 1) keys.add(numbered(n))
  expect(keys.has(numbered(1_000))).toBe(true)
  expect(keys.has(numbered(650))).toBe(true)
})

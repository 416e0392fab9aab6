import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMac } from './hmac.ts'

test('gives what RFC 4231 says', () => {
  const key = Buffer.alloc(20, 0x0b)
  expect(createMac(key)('Hi There', 'hex')).toBe('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7')
  expect(createMac(Buffer.from('Jefe'))('what do ya want for nothing?', 'hex')).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
})

test('gives what createHmac gives, whatever was asked before', () => {
  const key = Buffer.from(Array.from({ length: 32 }, (_, at) => (at * 37) % 256))
  const mac = createMac(key)
  const message = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.string({ unit: 'binary', minLength: 600, maxLength: 3_000 }),
    fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
  )
  fc.assert(
    fc.property(message, fc.constantFrom('hex', 'latin1'), (text, encoding) => {
      expect(mac(text, encoding)).toBe(createHmac('sha256', key).update(text).digest(encoding))
    }),
    { numRuns: 500 },
  )
})

test('a key longer than a block is a bug, not another key', () => {
  expect(() => createMac(Buffer.alloc(65))).toThrow('bug')
})

import { createSecretKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { open, seal } from './boxes.ts'
import type { DataKey } from './data-keys.ts'

const keyOf = (id: number, byte: number): DataKey => ({ id, secret: createSecretKey(Buffer.alloc(32, byte)) })
const key = keyOf(1, 7)
const row = '0b6f4a3e-6f5e-8c3a-9d2b-1a2b3c4d5e6f'
const person = { name: '山田 花子', phone: '+81312345678', email: 'hanako@example.jp' }
const personal = { voucher: '0123456789', birthDate: '1980-01-02', person }
const sealed = () => Buffer.from(seal(personal, key, row), 'base64')

test('what was sealed is what is read back, with or without a person', () => {
  expect(open(sealed(), [key], row)).toEqual(personal)
  const bare = { voucher: '0123456789', birthDate: '1980-01-02', person: undefined }
  expect(open(Buffer.from(seal(bare, key, row), 'base64'), [key], row)).toEqual({
    voucher: '0123456789',
    birthDate: '1980-01-02',
  })
})

test('a box shows nothing of what is in it, and no two of the same person are alike', () => {
  const boxes = Array.from({ length: 2_500 }, sealed)
  for (const secret of ['0123456789', '1980-01-02', '山田', 'hanako', 'voucher'])
    expect(boxes[0]!.includes(secret)).toBe(false)
  // More than one stock of random bytes is used up.
  expect(new Set(boxes.map((box) => box.toString('base64', 3, 15))).size).toBe(boxes.length)
})

test('a box is 31 bytes larger than what it holds', () => {
  expect(sealed().length).toBe(Buffer.byteLength(JSON.stringify(personal)) + 31)
})

test('a box with any byte changed does not open', () => {
  const box = sealed()
  for (let at = 0; at < box.length; at += 1) {
    const changed = Buffer.from(box)
    changed[at]! ^= 1
    expect(() => open(changed, [key, keyOf(0, 8), keyOf(257, 9)], row), `byte ${at}`).toThrow()
  }
})

test('a box with anything cut off or added does not open', () => {
  const box = sealed()
  for (let length = 0; length < box.length; length += 1)
    expect(() => open(box.subarray(0, length), [key], row), `${length} bytes`).toThrow()
  expect(() => open(Buffer.concat([box, Buffer.alloc(1)]), [key], row)).toThrow()
})

test('a box that was moved to another row does not open', () => {
  expect(() => open(sealed(), [key], row.replace('0b', '0c'))).toThrow()
})

test('a box opens with its own key among several, with another’s never, and not once its key is erased', () => {
  expect(open(sealed(), [keyOf(2, 9), key], row)).toEqual(personal)
  expect(() => open(sealed(), [keyOf(1, 8)], row)).toThrow()
  expect(() => open(sealed(), [keyOf(2, 7)], row)).toThrow(/no key/)
  expect(() => open(sealed(), [], row)).toThrow(/no key/)
  const late = Buffer.from(seal(personal, keyOf(65_535, 7), row), 'base64')
  expect(open(late, [key, keyOf(65_535, 7)], row)).toEqual(personal)
})

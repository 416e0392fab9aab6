import { expect, test } from 'vitest'
import { hashOperatorKey, looksLikeOperatorKey, makeOperatorKey } from './operator-keys.ts'

test('a new key is known as one, and no two are alike', () => {
  const keys = Array.from({ length: 100 }, makeOperatorKey)
  for (const key of keys) expect(looksLikeOperatorKey(key)).toBe(true)
  expect(new Set(keys).size).toBe(100)
})

test('whatever is not of that form is not looked up', () => {
  const key = makeOperatorKey()
  for (const other of [
    '',
    'junban_',
    key.slice(0, -1),
    `${key}x`,
    ` ${key}`,
    `${key}\n`,
    key.toUpperCase(),
    key.slice(7),
  ])
    expect(looksLikeOperatorKey(other), JSON.stringify(other)).toBe(false)
})

test('what is kept of a key is the same each time and does not show it', () => {
  const key = makeOperatorKey()
  expect(hashOperatorKey(key)).toEqual(hashOperatorKey(key))
  expect(hashOperatorKey(key)).toHaveLength(32)
  expect(hashOperatorKey(makeOperatorKey())).not.toEqual(hashOperatorKey(key))
})

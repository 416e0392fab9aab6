import { readFileSync, statSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTestDir, removeTestDir } from '../../test/setup/test-dir.ts'
import { keyFile, loadKeys } from '../config.ts'
import { ensureKeyFile, generateKeys } from './keys.ts'

let dir: string
beforeEach(() => {
  dir = makeTestDir()
})
afterEach(() => removeTestDir(dir))

test('keys are made once, for the owner alone, and are what the configuration reads', () => {
  expect(ensureKeyFile(dir)).toBe(true)
  const made = readFileSync(keyFile(dir), 'utf8')
  expect(statSync(keyFile(dir)).mode & 0o777).toBe(0o600)
  expect(ensureKeyFile(dir)).toBe(false)
  expect(readFileSync(keyFile(dir), 'utf8')).toBe(made)
  const { receipt, master, voucher } = loadKeys({ DATA_DIR: dir })
  expect([...receipt, ...master, voucher].map(({ secret }) => secret.length)).toEqual([32, 32, 32])
})

test('no two generated keys are the same', () => {
  const keys = [...Object.values(generateKeys()), ...Object.values(generateKeys())]
  expect(new Set(keys).size).toBe(6)
  for (const key of keys) expect(key).toMatch(/^k1:[A-Za-z0-9_-]{43}$/)
})

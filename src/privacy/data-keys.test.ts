import { expect, test } from 'vitest'
import { makeDataKey, unwrapDataKey } from './data-keys.ts'

const masterKey = (id: string, byte: number) => ({ id, secret: Buffer.alloc(32, byte) })
const [older, newer] = [masterKey('m1', 1), masterKey('m2', 2)]
const exported = (...args: Parameters<typeof unwrapDataKey>) => unwrapDataKey(...args).secret.export()

test('a data key is wrapped by the newest master key and unwrapped again, the same each time', () => {
  const wrapped = makeDataKey('medics', 1, [newer, older])
  expect(wrapped).toMatchObject({ keyId: 1, masterKeyId: 'm2' })
  expect(wrapped.wrapped).toHaveLength(12 + 32 + 16)
  const key = unwrapDataKey('medics', wrapped, [older, newer])
  expect(key.id).toBe(1)
  expect(key.secret.symmetricKeySize).toBe(32)
  expect(exported('medics', wrapped, [newer])).toEqual(key.secret.export())
  expect(wrapped.wrapped.includes(key.secret.export())).toBe(false)
})

test('a key that an older master key wrapped is unwrapped after the rotation, and named when that key is missing', () => {
  const wrapped = makeDataKey('medics', 1, [older])
  expect(exported('medics', wrapped, [newer, older])).toHaveLength(32)
  expect(() => unwrapDataKey('medics', wrapped, [newer])).toThrow(
    'JUNBAN_MASTER_KEYS lacks the key "m1" that wraps the data key of campaign medics',
  )
})

test('no two data keys are alike', () => {
  const keys = [1, 2, 3].map((id) => exported('medics', makeDataKey('medics', id, [newer]), [newer]).toString('hex'))
  expect(new Set(keys).size).toBe(3)
})

test('a wrapped key is bound to its campaign, its id and its master key, and to every one of its bytes', () => {
  const wrapped = makeDataKey('medics', 1, [newer])
  expect(() => unwrapDataKey('teachers', wrapped, [newer])).toThrow()
  expect(() => unwrapDataKey('medics', { ...wrapped, keyId: 2 }, [newer])).toThrow()
  expect(() => unwrapDataKey('medics', wrapped, [masterKey('m2', 9)])).toThrow()
  for (let at = 0; at < wrapped.wrapped.length; at += 1) {
    const changed = Buffer.from(wrapped.wrapped)
    changed[at]! ^= 1
    expect(() => unwrapDataKey('medics', { ...wrapped, wrapped: changed }, [newer]), `byte ${at}`).toThrow()
  }
})

test('without a master key none is made', () => {
  expect(() => makeDataKey('medics', 1, [])).toThrow('bug: no master key')
})

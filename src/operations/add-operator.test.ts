import { expect, test } from 'vitest'
import { operatorDatabase } from '../../test/setup/operator-database.ts'
import { hashOperatorKey, looksLikeOperatorKey } from '../privacy/operator-keys.ts'
import { addOperator } from './add-operator.ts'

test('an operator’s key is given once and kept as a hash only', async () => {
  const { pool, read } = await operatorDatabase()
  const key = await addOperator({ pool, name: '田中', role: 'agent', by: 'test' })
  expect(looksLikeOperatorKey(key)).toBe(true)
  expect(await read('select name, role, key_hash from operators')).toEqual([
    { name: '田中', role: 'agent', key_hash: hashOperatorKey(key) },
  ])
  const everything = JSON.stringify([
    await read('select operators::text from operators'),
    await read('select * from audit'),
  ])
  expect(everything).not.toContain(key.slice('junban_'.length))
})

test('a name that is in use, and a role that does not exist, are refused', async () => {
  const { pool, read } = await operatorDatabase()
  await addOperator({ pool, name: 'tanaka', role: 'admin', by: 'test' })
  await expect(addOperator({ pool, name: 'tanaka', role: 'viewer', by: 'test' })).rejects.toThrow(
    'operator tanaka exists already',
  )
  await expect(addOperator({ pool, name: 'sato', role: 'root', by: 'test' })).rejects.toThrow(
    'role: is not viewer, agent or admin',
  )
  expect(await read('select name, role from operators')).toEqual([{ name: 'tanaka', role: 'admin' }])
})

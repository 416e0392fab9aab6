import { expect, onTestFinished, test } from 'vitest'
import { operatorDatabase, testLog } from '../../test/setup/operator-database.ts'
import { inTurn } from './in-turn.ts'
import { createPool } from './pool.ts'
import { transaction } from './transaction.ts'

test('of statements that were sent together the first that failed is told, and nothing of them stays', async () => {
  const { url, read } = await operatorDatabase()
  const pool = createPool({ url, role: 'junban_operator', name: 'test', log: testLog, pipeline: true })
  onTestFinished(() => pool.end())
  const rename = "update campaigns set name = '{}'"
  const failing = transaction(pool, (tx) => inTurn([tx.query(rename), tx.query('select 1/0'), tx.query('select 1')]))
  await expect(failing).rejects.toMatchObject({ code: '22012' })
  expect(await read("select from campaigns where name = '{}'")).toEqual([])
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 1])

  const [one, nothing, two] = await transaction(pool, (tx) =>
    inTurn([tx.query('select 1 as one'), null, tx.query('select 2 as two')]),
  )
  expect([one.rows, nothing, two.rows]).toEqual([[{ one: 1 }], null, [{ two: 2 }]])
})

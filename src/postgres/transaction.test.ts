import { expect, onTestFinished, test } from 'vitest'
import { startProxy } from '../../test/faults/proxy.ts'
import { operatorDatabase, testLog } from '../../test/setup/operator-database.ts'
import { createPool } from './pool.ts'
import { transaction } from './transaction.ts'

const statementTimeoutMs = 500
/** A statement is given a second more than the server has for it. */
const answerMs = statementTimeoutMs + 1_000

/** A pool behind a proxy, and the campaign `medics`. */
async function pooled() {
  const { url, read } = await operatorDatabase()
  const proxy = await startProxy(Number(new URL(url).port))
  const through = new URL(url)
  through.port = String(proxy.port)
  const pool = createPool({
    url: through.href,
    role: 'junban_operator',
    name: 'test',
    log: testLog,
    statementTimeoutMs,
  })
  onTestFinished(async () => {
    await pool.end()
    await proxy.close()
  })
  return { pool, proxy, read }
}

const rename = "update campaigns set name = '{}'"
const renamed = `select from campaigns where name = '{}'`

test('what fails rolls back, and the connection is used again', async () => {
  const { pool, read } = await pooled()
  const failing = transaction(pool, async (tx) => {
    await tx.query(rename)
    await tx.query('select 1/0')
  })
  await expect(failing).rejects.toMatchObject({ code: '22012' })
  expect(await read(renamed)).toEqual([])
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 1])
})

test('what is asked first is asked inside the transaction, and answered before its work begins', async () => {
  const { pool, read } = await pooled()
  const failing = transaction(
    pool,
    async (tx, first: number) => {
      expect(first).toBe(1)
      await tx.query('select 1/0')
    },
    async (tx) => (await tx.query(rename)).rowCount!,
  )
  await expect(failing).rejects.toMatchObject({ code: '22012' })
  expect(await read(renamed)).toEqual([])
  const refused = transaction(
    pool,
    async () => expect.unreachable(),
    (tx) => tx.query('select 1/0'),
  )
  await expect(refused).rejects.toMatchObject({ code: '22012' })
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 1])
})

test('a server that goes without a word in the middle of one is waited for once, not again for the rollback', async () => {
  const { pool, proxy, read } = await pooled()
  let goneAt = 0
  const failing = transaction(pool, async (tx) => {
    await tx.query(rename)
    proxy.disturb({ kind: 'half-open' })
    goneAt = performance.now()
    await tx.query('select 1')
  })
  await expect(failing).rejects.toThrow('Query read timeout')
  expect(performance.now() - goneAt).toBeLessThan(2 * answerMs - 500)
  expect(pool.totalCount).toBe(0)
  expect(await read(renamed)).toEqual([])
  expect(await transaction(pool, async (tx) => (await tx.query('select 1 as one')).rows)).toEqual([{ one: 1 }])
})

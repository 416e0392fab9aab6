import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { auditedDatabase, batchOf, idOf } from '../../../test/setup/audited-database.ts'
import { freshRedis } from '../../../test/setup/stores.ts'
import { createSpool } from '../../queue/spool.ts'

const script = fileURLToPath(new URL('../../cli.ts', import.meta.url))
const secret = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64url')}`

/** `junban audit` as a process of its own, with the keys of tests. */
function createAudit(env: NodeJS.ProcessEnv) {
  const keys = {
    JUNBAN_RECEIPT_KEYS: secret('r1', 1),
    JUNBAN_MASTER_KEYS: secret('m1', 2),
    JUNBAN_VOUCHER_KEY: secret('v1', 3),
  }
  return (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const options = { env: { PATH: process.env.PATH, DATA_DIR: '/nowhere', ...keys, ...env } }
      execFile(process.execPath, [script, 'audit', ...args], options, (err, stdout, stderr) =>
        resolve({ code: err ? Number(err.code) : 0, stdout, stderr }),
      )
    })
}

test('exit 0 when all holds, 1 with each violation named when not', async () => {
  const database = await auditedDatabase()
  const audit = createAudit({ DATABASE_URL: database.url })
  const good = await audit()
  expect(good).toMatchObject({ code: 0, stderr: '' })
  expect(good.stdout).toMatch(/^invariant .*every invariant holds \(11 accepted/s)
  await database.harm(`update slots set booked = 1 where id = 'early'`)
  const bad = await audit()
  expect(bad).toMatchObject({ code: 1, stderr: '' })
  expect(bad.stdout).toContain(
    'slot-miscounted: 1\n  medics early: expected 2 booked, as many as appointments; found 1 booked',
  )
  const json = await audit('--json')
  expect(json.code).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({
    holds: false,
    violations: [{ kind: 'slot-miscounted', campaign: 'medics', id: 'early' }],
  })
})

test('a ledger is checked against the log and what really waits in the spools', async () => {
  const database = await auditedDatabase()
  const redis = await freshRedis()
  const line = (name: string, place: number) => ({
    id: idOf(name),
    receipt: database.receipts.sign({
      reservationId: idOf(name),
      campaign: 'medics',
      lane: 'web',
      batchId: idOf('spooled'),
      place,
      expiresAt: 1,
    }),
    queueNumber: null,
    sentAt: 2_000,
    acceptedAt: 2_010,
  })
  const ledger = await database.writeLedger([...database.ledger(), line('s1', 0), line('s2', 1)])
  const audit = createAudit({ DATABASE_URL: database.url, REDIS_URL: redis.url })
  const lost = await audit('--ledger', ledger, '--json')
  expect(lost.code).toBe(1)
  expect(
    JSON.parse(lost.stdout)
      .violations.map(({ kind, id }: { kind: string; id: string }) => [kind, id])
      .toSorted(),
  ).toEqual(
    [
      ['told-unknown', idOf('s1')],
      ['told-unknown', idOf('s2')],
    ].toSorted(),
  )
  const connection = new Redis(redis.url)
  await createSpool(connection).append(batchOf('spooled', ['s1', 's2']))
  connection.disconnect()
  const kept = await audit('--ledger', ledger, '--json')
  expect(JSON.parse(kept.stdout)).toMatchObject({ holds: true, spooled: 2, notes: [] })
  expect(kept.code).toBe(0)
  await redis.kill()
  expect(await audit('--ledger', ledger)).toEqual({
    code: 1,
    stdout: '',
    stderr: 'Redis cannot be reached: what waits in its spools would look lost\n',
  })
})

test('without keys receipts are not checked, and it says so; a ledger that is not there is one line', async () => {
  const database = await auditedDatabase()
  const audit = createAudit({ DATABASE_URL: database.url, JUNBAN_RECEIPT_KEYS: '' })
  const ledger = await database.writeLedger(database.ledger())
  const { code, stdout } = await audit('--ledger', ledger)
  expect(code).toBe(0)
  expect(stdout).toMatch(/\n\nnote: receipts were not checked: there are no keys\n$/)
  expect(await audit('--ledger', '/nowhere/l.ndjson')).toEqual({
    code: 1,
    stdout: '',
    stderr: '/nowhere/l.ndjson: there is no such file\n',
  })
})

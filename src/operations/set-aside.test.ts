import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { operatorDatabase, testLog } from '../../test/setup/operator-database.ts'
import { until } from '../../test/system/until.ts'
import type { BookRequest } from '../domain/batch.ts'
import { appendBatch } from '../postgres/batches.ts'
import { createPool } from '../postgres/pool.ts'
import { insertSetAside } from '../postgres/set-aside.ts'
import { transaction } from '../postgres/transaction.ts'
import { retrySetAside } from './retry-set-aside.ts'
import { withdrawSetAside } from './withdraw-set-aside.ts'

const campaign = 'medics'
const receivedAt = Date.parse('2026-12-05T00:00Z')

const ask = (fields: Partial<BookRequest> = {}): BookRequest => ({
  id: randomUUID(),
  kind: 'book',
  voucherKey: 'ab'.repeat(16),
  fingerprint: 'cd'.repeat(16),
  choices: [{ slotId: 'a' }],
  waitlist: true,
  notify: true,
  box: Buffer.from('sealed').toString('base64'),
  ...fields,
})

/** A lane of three requests that were served, of which the second was set aside. */
async function withOneAside(request: object = ask()) {
  const { url, pool, read } = await operatorDatabase()
  const open = (role: 'junban_api' | 'junban_allocator') => {
    const opened = createPool({ url, role, name: 'test', log: testLog })
    onTestFinished(() => opened.end())
    return opened
  }
  const [api, allocator] = [open('junban_api'), open('junban_allocator')]
  const batchId = randomUUID()
  const requests = [ask(), request as BookRequest, ask()]
  await appendBatch(api, { id: batchId, campaign, lane: 'web', receivedAt, requests }, {})
  const requestId = (request as { id?: string }).id ?? randomUUID()
  const setAside = (number: number, batch: string, place: number) =>
    transaction(allocator, (tx) =>
      insertSetAside(tx, { requestId, campaign, lane: 'web', number, batchId: batch, place, error: 'error 23514' }),
    )
  await setAside(2, batchId, 1)
  const retry = () => retrySetAside({ pool, requestId, by: 'tanaka' })
  const withdraw = () => withdrawSetAside({ pool, requestId, by: 'tanaka' })
  return { pool, allocator, read, requestId, setAside, retry, withdraw }
}

const audited = `select operator, action, campaign_id, subject, detail from audit where operator = 'tanaka'`

test('retried, it stands at the end of its lane as it was, received when it was, and is settled, once', async () => {
  const request = ask()
  const { read, requestId, retry, withdraw } = await withOneAside(request)
  expect(await retry()).toEqual({ requestId, campaign, lane: 'web', queueNumber: 4 })
  const [last] = await read(
    'select first_number, last_number, received_at, requests from batches order by last_number desc',
  )
  expect(last).toMatchObject({ first_number: 4, last_number: 4, received_at: receivedAt })
  expect(JSON.parse(last!.requests)).toEqual([request])
  expect(await read("select accepted_number from lanes where lane = 'web'")).toEqual([{ accepted_number: 4 }])
  expect(await read('select settled_at is not null as settled from set_aside')).toEqual([{ settled: true }])
  expect(await read('select from decisions')).toEqual([])
  expect(await read(audited)).toEqual([
    {
      operator: 'tanaka',
      action: 'request.retry',
      campaign_id: campaign,
      subject: requestId,
      detail: { lane: 'web', number: 2, retriedAs: 4 },
    },
  ])
  for (const again of [retry, withdraw])
    await expect(again()).rejects.toMatchObject({
      type: 'conflict',
      message: `request ${requestId} was dealt with already`,
    })
})

test('retried by ten operators at once, it is logged anew once', async () => {
  const { read, retry } = await withOneAside()
  const tries = await Promise.allSettled(Array.from({ length: 10 }, retry))
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(await read('select count(*) from batches')).toEqual([{ count: 2 }])
})

test('what cannot be committed once more is set aside once more, and is not lost', async () => {
  const { read, requestId, setAside, retry } = await withOneAside()
  await retry()
  const [{ id }] = (await read('select id from batches order by last_number desc limit 1')) as [{ id: string }]
  await setAside(4, id, 0)
  expect(await read('select request_id, number, place, settled_at, earlier_numbers from set_aside')).toEqual([
    { request_id: requestId, number: 4, place: 0, settled_at: null, earlier_numbers: ['2'] },
  ])
  expect(await retry()).toMatchObject({ queueNumber: 5 })
})

test('met again while it waits, it waits as it did', async () => {
  const { read, setAside } = await withOneAside()
  const [{ id }] = (await read('select id from batches')) as [{ id: string }]
  await setAside(3, id, 2)
  expect(await read('select number, place, settled_at from set_aside')).toEqual([
    { number: 2, place: 1, settled_at: null },
  ])
})

test('withdrawn, it is decided under its own number, keeps its box, and who asked is told; once', async () => {
  const { read, requestId, retry, withdraw } = await withOneAside()
  expect(await withdraw()).toEqual({ requestId, campaign, before: false })
  expect(
    await read(`
      select id, lane, queue_number, status, reason, waitlist, encode(voucher_key, 'hex') as voucher, encode(box, 'escape') as box
        from reservations`),
  ).toEqual([
    {
      id: requestId,
      lane: 'web',
      queue_number: 2,
      status: 'rejected',
      reason: 'withdrawn-by-operator',
      waitlist: true,
      voucher: 'ab'.repeat(16),
      box: 'sealed',
    },
  ])
  expect(await read('select request_id, reservation_id, number, kind, outcome, reason from decisions')).toEqual([
    {
      request_id: requestId,
      reservation_id: requestId,
      number: 2,
      kind: 'book',
      outcome: 'rejected',
      reason: 'withdrawn-by-operator',
    },
  ])
  expect(await read('select reservation_id, event from outbox')).toEqual([
    { reservation_id: requestId, event: 'rejected' },
  ])
  expect(await read(audited)).toMatchObject([{ action: 'request.withdraw', subject: requestId }])
  for (const again of [retry, withdraw]) await expect(again()).rejects.toMatchObject({ type: 'conflict' })
})

test('a command that is withdrawn is refused, and its reservation stays as it is', async () => {
  const command = { id: randomUUID(), kind: 'cancel', reservationId: randomUUID() }
  const { read, requestId, withdraw } = await withOneAside(command)
  expect(await withdraw()).toEqual({ requestId, campaign, before: false })
  expect(await read('select request_id, reservation_id, kind, outcome, reason from decisions')).toEqual([
    {
      request_id: command.id,
      reservation_id: command.reservationId,
      kind: 'cancel',
      outcome: 'refused',
      reason: 'withdrawn-by-operator',
    },
  ])
  expect(await read('select from reservations')).toEqual([])
})

test('one that an allocator decides meanwhile, because it stood in the log twice, keeps that decision', async () => {
  const { pool, allocator, read, requestId, withdraw } = await withOneAside()
  const deciding = await allocator.connect()
  await deciding.query(`begin; select from campaigns where id = 'medics' for no key update`)
  const withdrawn = withdraw()
  const waits = `select from pg_stat_activity where datname = current_database() and pg_blocking_pids(pid) <> '{}'`
  await until('it waits for the campaign', async () => (await pool.query(waits)).rowCount === 1)
  await deciding.query(`
    insert into reservations (id, campaign_id, lane, queue_number, voucher_key, status, waitlist, accepted_at, decided_at)
    values ('${requestId}', 'medics', 'web', 9, 'ab', 'booked', false, now(), now());
    insert into decisions (request_id, reservation_id, campaign_id, lane, number, kind, outcome, decided_at)
    values ('${requestId}', '${requestId}', 'medics', 'web', 9, 'book', 'booked', now());
    commit`)
  deciding.release()
  expect(await withdrawn).toEqual({ requestId, campaign, before: true })
  expect(await read('select number, outcome from decisions')).toEqual([{ number: 9, outcome: 'booked' }])
  expect(await read('select status from reservations')).toEqual([{ status: 'booked' }])
  expect(await read('select settled_at is not null as settled from set_aside')).toEqual([{ settled: true }])
})

test.each([
  ['not even an object', 'null'],
  ['of another version', { from: 'another version' }],
])('what cannot be read, %s, can be withdrawn', async (_, request) => {
  const { read, requestId, withdraw } = await withOneAside(request as object)
  expect(await withdraw()).toMatchObject({ requestId })
  expect(await read('select request_id, number, outcome from decisions')).toEqual([
    { request_id: requestId, number: 2, outcome: 'rejected' },
  ])
  expect(await read('select id, status, reason from reservations')).toEqual([
    { id: requestId, status: 'rejected', reason: 'withdrawn-by-operator' },
  ])
})

test('what is no object cannot be retried, and waits on', async () => {
  const { read, retry, requestId } = await withOneAside('null' as unknown as object)
  await expect(retry()).rejects.toThrow(`request ${requestId} cannot be read: withdraw it`)
  expect(await read('select settled_at from set_aside')).toEqual([{ settled_at: null }])
})

test('a request that was never set aside is not known', async () => {
  const { pool } = await operatorDatabase()
  for (const requestId of [randomUUID(), 'none'])
    await expect(retrySetAside({ pool, requestId, by: 'test' })).rejects.toMatchObject({ type: 'not-found' })
})

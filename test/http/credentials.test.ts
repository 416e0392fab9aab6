import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { makeOperatorKey } from '#src/privacy/operator-keys.ts'
import { createReceipts } from '#src/privacy/receipts.ts'
import { testKeys } from '../setup/operator-database.ts'
import type { Answer } from './ask.ts'
import { problemOf } from './problem-of.ts'
import { known, type RunningApi, runApi } from './running-api.ts'

let api: RunningApi
/** Two reservations of different people. */
let mine: { id: string; receipt: string }
let another: { id: string; receipt: string }
beforeAll(async () => {
  api = await runApi()
  mine = await accepted({ voucher: '0000000001' })
  another = await accepted({ voucher: '0000000002' })
})

const body = (fields: object) =>
  JSON.stringify({ voucher: known.voucher, birthDate: known.birthDate, choices: [{ slotId: 'one' }], ...fields })
async function accepted(fields: object) {
  const answer = await api.ask({ method: 'POST', path: '/v1/campaigns/anyone/reservations', body: body(fields) })
  expect(answer.status).toBe(202)
  return JSON.parse(answer.text)
}
const look = (id: string, authorization?: string) =>
  api.ask({ path: `/v1/reservations/${id}`, headers: { authorization } })

/** All that a client sees, without what differs from one request to the next. */
const seen = ({ status, headers, text }: Answer) => {
  const { 'x-request-id': id, date, 'server-timing': timing, ...rest } = headers
  return { status, headers: rest, text: text.replaceAll(id!, 'ID') }
}

test('a receipt shows its own reservation, to nobody’s cache', async () => {
  const answer = await look(mine.id, `Bearer ${mine.receipt}`)
  expect(answer.status).toBe(200)
  expect(JSON.parse(answer.text)).toMatchObject({ id: mine.id, campaign: 'anyone', status: 'queued', queueNumber: 1 })
  expect(answer.headers['cache-control']).toBe('no-store')
  expect(answer.text).not.toContain('0000000001')
  const calendar = await look(`${mine.id}/calendar.ics`, `Bearer ${mine.receipt}`)
  expect(calendar).toMatchObject({ status: 200, text: expect.stringMatching(/^BEGIN:VCALENDAR\r\n/) })
  expect(calendar.headers).toMatchObject({
    'content-type': 'text/calendar; charset=utf-8',
    'cache-control': 'no-store',
  })
})

test('without a receipt that fits, an id that exists and one that does not get the same answer', async () => {
  const changed = mine.receipt.slice(0, 20) + (mine.receipt[20] === 'A' ? 'B' : 'A') + mine.receipt.slice(21)
  const forged = createReceipts([{ id: testKeys.receipt[0]!.id, secret: Buffer.alloc(32, 99) }])
  const claims = {
    campaign: 'anyone',
    lane: 'web',
    batchId: randomUUID(),
    place: 0,
    expiresAt: 4_000_000_000,
  } as const
  const ofOurs = createReceipts(testKeys.receipt)
  const jwt = (alg: string) =>
    `${[{ alg }, { sub: mine.id }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`
  const credentials: [string, string | undefined][] = [
    ['none', undefined],
    ['empty', 'Bearer '],
    ['of another', `Bearer ${another.receipt}`],
    ['changed', `Bearer ${changed}`],
    ['cut off', `Bearer ${mine.receipt.slice(0, -1)}`],
    ['padded', `Bearer ${mine.receipt}=`],
    ['forged', `Bearer ${forged.sign({ ...claims, reservationId: mine.id })}`],
    ['expired', `Bearer ${ofOurs.sign({ ...claims, reservationId: mine.id, expiresAt: 1_500_000_000 })}`],
    ['a token without a signature', `Bearer ${jwt('none')}`],
    ['a token of another make', `Bearer ${jwt('HS256')}`],
    ['an operator’s key', `Bearer ${api.operatorKeys.agent}`],
    ['of another scheme', `Basic ${Buffer.from(`${mine.id}:${mine.receipt}`).toString('base64')}`],
    ['very long', `Bearer ${'A'.repeat(5_000)}`],
    ['not ASCII', 'Bearer \xff\xfe'],
  ]
  const expected = seen(await look(randomUUID()))
  expect(expected.status).toBe(401)
  for (const [what, credential] of credentials)
    for (const id of [mine.id, randomUUID(), 'nobody', '0'])
      for (const part of ['', '/calendar.ics', '/events'])
        expect(seen(await look(id + part, credential)), `${what}, ${id}${part}`).toEqual(expected)
  expect(problemOf(await look(mine.id)).type).toBe('unauthorized')
  expect(expected.headers['www-authenticate']).toBe('Bearer')
})

test('a receipt in the URL or in a cookie is not looked at', async () => {
  for (const path of [`?receipt=${mine.receipt}`, `?access_token=${mine.receipt}`])
    expect((await api.ask({ path: `/v1/reservations/${mine.id}${path}` })).status).toBe(401)
  const headers = { cookie: `receipt=${mine.receipt}`, 'x-receipt': mine.receipt }
  expect((await api.ask({ path: `/v1/reservations/${mine.id}`, headers })).status).toBe(401)
})

test('a receipt of a request that no store has accepted says so, and to send it again', async () => {
  const id = randomUUID()
  const sent = { reservationId: id, campaign: 'anyone', lane: 'web', batchId: randomUUID(), place: 0 } as const
  const receipt = createReceipts(testKeys.receipt).sign({ ...sent, expiresAt: 4_000_000_000 })
  const problem = problemOf(await look(id, `Bearer ${receipt}`))
  expect(problem).toMatchObject({ type: 'not-found', detail: expect.stringMatching(/send the same again/) })
})

const queues = (authorization?: string) => api.ask({ path: '/v1/operator/queues', headers: { authorization } })

test('operators see the queues; without a key that is known nobody does, and all are told the same', async () => {
  const shown = await queues(`Bearer ${api.operatorKeys.viewer}`)
  expect(shown.status).toBe(200)
  expect(JSON.parse(shown.text).queues).toContainEqual(
    expect.objectContaining({ campaign: 'anyone', lane: 'web', waiting: 2, setAside: 0 }),
  )
  expect(shown.headers['cache-control']).toBe('no-store')
  const expected = seen(await queues())
  expect(problemOf(await queues()).type).toBe('unauthorized')
  for (const wrong of [
    '',
    'Bearer x',
    `Bearer ${makeOperatorKey()}`,
    `Bearer ${mine.receipt}`,
    api.operatorKeys.viewer,
  ])
    expect(seen(await queues(wrong)), wrong).toEqual(expected)
})

test('a key of a role that is not enough is told so, and a key that is not known is told nothing of roles', async () => {
  const book = (key: string) =>
    api.ask({
      method: 'POST',
      path: '/v1/campaigns/anyone/reservations',
      headers: { authorization: `Bearer ${key}` },
      body: body({ voucher: '0000000003' }),
    })
  expect(problemOf(await book(api.operatorKeys.viewer)).type).toBe('forbidden')
  expect(problemOf(await book(makeOperatorKey())).type).toBe('unauthorized')
  expect(problemOf(await book(mine.receipt)).type).toBe('unauthorized')
  const before = await api.stored()
  expect((await book(api.operatorKeys.agent)).status).toBe(202)
  expect((await api.stored()).logged).toBe(before.logged + 1)
  expect(
    await api.read(`select accepted_number::int as n from lanes where campaign_id = 'anyone' and lane = 'agent'`),
  ).toEqual([{ n: 1 }])
})

test('an operator’s key that was revoked stops working', async () => {
  expect((await queues(`Bearer ${api.operatorKeys.viewer}`)).status).toBe(200)
  await api.read(`update operators set revoked_at = now() where name = 'viewer'`)
  await expect
    .poll(async () => (await queues(`Bearer ${api.operatorKeys.viewer}`)).status, { timeout: 10_000, interval: 200 })
    .toBe(401)
})

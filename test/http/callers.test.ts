import { beforeAll, expect, test } from 'vitest'
import { maxLooksPerDay } from '#src/operations/note-looks.ts'
import { problemOf } from './problem-of.ts'
import { known, type RunningApi, runApi } from './running-api.ts'

let api: RunningApi
const pair = { voucher: known.voucher, birthDate: known.birthDate }
let id: string

beforeAll(async () => {
  api = await runApi()
  const booked = await api.ask({
    method: 'POST',
    path: '/v1/campaigns/medics/reservations',
    body: JSON.stringify({
      ...pair,
      choices: [{ slotId: 'one' }],
      person: { name: '花子', email: 'hanako@example.com' },
    }),
  })
  id = JSON.parse(booked.text).id
  await api.decide()
})

const caller = (
  what: string,
  body: unknown,
  { role = 'agent', campaign = 'medics' }: { role?: 'viewer' | 'agent'; campaign?: string } = {},
) =>
  api.ask({
    method: 'POST',
    path: `/v1/operator/campaigns/${campaign}/caller${what}`,
    headers: { authorization: `Bearer ${api.operatorKeys[role]}` },
    body: JSON.stringify(body),
  })
const looks = () =>
  api.read(
    `select operator, action, campaign_id as campaign, subject, detail from audit where action = 'person.look' order by id`,
  )

test('an agent finds a caller by voucher and birth date, and the look is recorded; what is personal is not shown', async () => {
  const { status, text } = await caller('', pair)
  expect(status).toBe(200)
  expect(JSON.parse(text)).toMatchObject({
    reservation: { id, campaign: 'medics', status: 'booked', appointments: [{ slotId: 'one' }] },
    contact: { email: true, phone: false },
  })
  expect(text).not.toMatch(/hanako|花子|0123456789|1981-05-06/)
  expect(await looks()).toEqual([
    { operator: 'agent', action: 'person.look', campaign: 'medics', subject: id, detail: { caller: 'find' } },
  ])
})

test('a wrong birth date and an unknown voucher get the same answer, and are looks too', async () => {
  const before = (await looks()).length
  const wrong = [
    { ...pair, birthDate: '1981-05-07' },
    { ...pair, voucher: '9999999999' },
  ]
  const answers = []
  for (const body of wrong) answers.push(problemOf(await caller('', body)))
  expect(answers.map(({ type, detail }) => [type, detail])).toEqual(Array(2).fill(['not-found', answers[0]!.detail]))
  expect((await looks()).slice(before).map(({ subject }) => subject)).toEqual([id, 'nobody'])
})

test('an agent gives a caller a fresh receipt, which works, and it is recorded', async () => {
  const { status, text } = await caller('/receipt', pair)
  expect(status).toBe(200)
  const { receipt } = JSON.parse(text)
  const seen = await api.ask({ path: `/v1/reservations/${id}`, headers: { authorization: `Bearer ${receipt}` } })
  expect(JSON.parse(seen.text)).toMatchObject({ id, status: 'booked', queueNumber: 1 })
  expect((await looks()).at(-1)).toMatchObject({ subject: id, detail: { caller: 'receipt' } })
})

test('an agent moves and cancels a caller’s reservation through the agents’ own lane, each recorded, and sees what came of it', async () => {
  const seenWith = async (receipt: string) =>
    JSON.parse(
      (await api.ask({ path: `/v1/reservations/${id}`, headers: { authorization: `Bearer ${receipt}` } })).text,
    )
  const moved = await caller('/move', { ...pair, choices: [{ slotId: 'only-medics' }] })
  expect(moved.status).toBe(202)
  const { receipt, lastCommand, queueNumber } = JSON.parse(moved.text)
  expect([lastCommand.kind, lastCommand.status, queueNumber]).toEqual(['move', 'queued', 1])
  await api.decide()
  expect(await seenWith(receipt)).toMatchObject({
    status: 'booked',
    appointments: [{ slotId: 'only-medics' }],
    lastCommand: { kind: 'move', status: 'done' },
  })
  expect(problemOf(await caller('/move', { ...pair, choices: [{ slotId: 'nowhere' }] })).type).toBe('unknown-choice')

  expect((await caller('/cancel', { ...pair, birthDate: '1981-05-07' })).status).toBe(404)
  expect((await caller('/cancel', pair)).status).toBe(202)
  await api.decide()
  expect(await seenWith(receipt)).toMatchObject({
    status: 'cancelled',
    lastCommand: { kind: 'cancel', status: 'done' },
  })
  expect((await caller('', pair)).status).toBe(404) // there is nothing to be found any more
  expect((await looks()).slice(-5).map(({ detail }) => detail.caller)).toEqual([
    'move',
    'move',
    'cancel',
    'cancel',
    'find',
  ])
  expect(await api.read(`select lane, count(*)::int as n from decisions where kind <> 'book' group by lane`)).toEqual([
    { lane: 'agent', n: 2 },
  ])
})

test('viewers look for nobody; what is no pair, and another campaign, are refused', async () => {
  const before = await looks()
  for (const what of ['', '/receipt', '/cancel']) {
    expect(problemOf(await caller(what, pair, { role: 'viewer' })).type).toBe('forbidden')
    expect(problemOf(await caller(what, { voucher: known.voucher })).type).toBe('invalid-request')
    expect(problemOf(await caller(what, pair, { campaign: 'nowhere' })).type).toBe('not-found')
  }
  expect(await looks()).toEqual(before)
  expect(problemOf(await caller('', pair, { campaign: 'upcoming' })).type).toBe('not-found')
})

test('past the looks of a day there are none, for nobody', async () => {
  await api.read(`
    insert into audit (operator, action, subject) select 'agent', 'person.look', 'x' from generate_series(1, ${maxLooksPerDay})`)
  const before = (await looks()).length
  const refused = await caller('', pair)
  expect(problemOf(refused).type).toBe('too-many-requests')
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect((await looks()).length).toBe(before)
})

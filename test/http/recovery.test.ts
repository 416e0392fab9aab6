import { beforeAll, expect, test } from 'vitest'
import { problemOf } from './problem-of.ts'
import { known, type RunningApi, runApi } from './running-api.ts'

let api: RunningApi
beforeAll(async () => {
  api = await runApi({ TRUSTED_PROXIES: '1' })
})

let address = 0
/** Each from another address, unless it is said. */
const recover = (body: unknown, { campaign = 'medics', from = `203.0.113.${++address}` } = {}) =>
  api.ask({
    method: 'POST',
    path: `/v1/campaigns/${campaign}/recovery`,
    headers: { 'x-forwarded-for': from },
    body: JSON.stringify(body),
  })
const pair = { voucher: known.voucher, birthDate: known.birthDate }

test('whoever asks gets the same answer, and the same is written down', async () => {
  const book = (fields: object) =>
    api.ask({
      method: 'POST',
      path: '/v1/campaigns/medics/reservations',
      body: JSON.stringify({ ...pair, choices: [{ slotId: 'one' }], ...fields }),
    })
  expect((await book({ person: { email: 'a@example.com' } })).status).toBe(202)
  const asked = [
    pair,
    { ...pair, birthDate: '1990-01-01' },
    { ...pair, voucher: '9999999999' },
    { ...pair, voucher: 'x' },
  ]
  const answers = []
  for (const body of asked) answers.push(await recover(body))
  for (const { status, text, headers } of answers)
    expect([status, text, Object.keys(headers).sort()]).toEqual([
      202,
      '{"status":"noted"}',
      Object.keys(answers[0]!.headers).sort(),
    ])
  const stored = await api.asNotifier(
    'select octet_length(box) as bytes, tries, told_at, next_at is not null as waits from recoveries',
  )
  expect(stored).toHaveLength(4)
  for (const row of stored) expect(row).toMatchObject({ tries: 0, told_at: null, waits: true })
})

test('full-width digits are the same voucher', async () => {
  const before = await api.asNotifier('select count(*)::int as asked from recoveries')
  await recover({ ...pair, voucher: '０１２３４５６７８９' })
  expect(await api.asNotifier('select count(*)::int as asked from recoveries')).toEqual(before)
})

test('what is no pair, and a campaign that there is not, are refused', async () => {
  for (const body of [
    {},
    { voucher: known.voucher },
    { ...pair, birthDate: '1980-02-30' },
    { ...pair, email: 'a@b.c' },
    [],
  ])
    expect(problemOf(await recover(body)).type).toBe('invalid-request')
  expect(problemOf(await recover(pair, { campaign: 'nowhere' })).type).toBe('not-found')
})

test('an address that asks again and again is stopped, others are not', async () => {
  const answers = []
  for (let n = 0; n < 25; n += 1) answers.push((await recover(pair, { from: '198.51.100.1' })).status)
  expect(answers).toEqual([...Array(20).fill(202), ...Array(5).fill(429)])
  const stopped = await recover(pair, { from: '198.51.100.1' })
  expect(problemOf(stopped).type).toBe('too-many-requests')
  expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0)
  expect((await recover(pair)).status).toBe(202)
})

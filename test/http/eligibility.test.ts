import { beforeAll, expect, test } from 'vitest'
import type { Answer } from './ask.ts'
import { problemOf } from './problem-of.ts'
import { known, type RunningApi, runApi } from './running-api.ts'

let api: RunningApi
let strict: RunningApi
beforeAll(async () => {
  ;[api, strict] = await Promise.all([runApi(), runApi({ REFUSALS_PER_MINUTE: '20' })])
})

const book = (campaign: string, fields: object, { at = api, headers = {} } = {}) =>
  at.ask({
    method: 'POST',
    path: `/v1/campaigns/${campaign}/reservations`,
    headers,
    body: JSON.stringify({
      voucher: known.voucher,
      birthDate: known.birthDate,
      choices: [{ slotId: 'one' }],
      ...fields,
    }),
  })
const withoutIds = ({ status, headers, text }: Answer) => {
  const { 'x-request-id': id, date, 'server-timing': timing, ...rest } = headers
  return { status, headers: rest, text: text.replaceAll(id!, 'ID') }
}

test('an unknown voucher, a wrong birth date and another’s birth date get one and the same answer', async () => {
  const wrong = [
    { voucher: '9999999999' },
    { birthDate: '1981-05-07' },
    { voucher: known.agency.voucher },
    { birthDate: known.agency.birthDate },
  ]
  for (const campaign of ['medics', 'upcoming', 'over']) {
    const answers = []
    for (const fields of wrong) answers.push(await book(campaign, fields))
    expect(problemOf(answers[0]!).type).toBe('not-eligible')
    for (const answer of answers) {
      expect(withoutIds(answer)).toEqual(withoutIds(answers[0]!))
      // Neither when it opens nor when to come back: that is told to those who may.
      expect(answer.text).not.toMatch(/opensAt|2090|2021/)
      expect(answer.headers['retry-after']).toBeUndefined()
    }
  }
  expect(await api.stored()).toEqual({ accepted: 0, logged: 0, spooled: 0 })
})

test('who is eligible before the opening is told when it opens, in the campaign’s own time', async () => {
  const answer = await book('upcoming', {})
  expect(problemOf(answer)).toMatchObject({ type: 'not-open', opensAt: '2090-01-01T09:00:00+09:00' })
  expect(answer.headers['retry-after']).toBe('3600')
})

test('after the end it is closed for all who are eligible', async () => {
  const answer = await book('over', {})
  expect(problemOf(answer)).toMatchObject({ type: 'not-open', detail: expect.stringMatching(/closed at 2021-01-01/) })
})

test('a cohort waits for its own opening while others are let in', async () => {
  expect(problemOf(await book('medics', known.agency))).toMatchObject({
    type: 'not-open',
    opensAt: '2090-01-01T09:00:00+09:00',
  })
  expect((await book('medics', {})).status).toBe(202)
  await api.read(`update cohorts set opens_at = '2020-01-01' where campaign_id = 'medics'`)
  await expect.poll(async () => (await book('medics', known.agency)).status, { timeout: 10_000 }).toBe(202)
})

test('a birth date of a voucher that was corrected in the register counts from the next look on', async () => {
  await api.read(`
    update vouchers set fingerprint = decode(repeat('00', 16), 'hex') where campaign_id = 'over' and cohort_id is null and
      fingerprint = (select fingerprint from vouchers where campaign_id = 'over' order by fingerprint limit 1);
    update campaigns set register_version = register_version + 1 where id = 'over'`)
  await expect
    .poll(
      async () =>
        (await Promise.all([book('over', {}), book('over', known.agency)]))
          .map((answer) => problemOf(answer).type)
          .toSorted(),
      { timeout: 10_000 },
    )
    .toEqual(['not-eligible', 'not-open'])
})

test('who guesses is stopped after so many refusals of an address, whatever it calls itself, and guessing costs no I/O', async () => {
  const statuses = []
  for (let guess = 0; guess < 30; guess += 1) {
    const headers = { 'x-forwarded-for': `203.0.113.${guess}`, forwarded: `for=198.51.100.${guess}` }
    const answer = await book('medics', { voucher: String(4_000_000_000 + guess) }, { at: strict, headers })
    problemOf(answer)
    statuses.push(answer.status)
  }
  expect(statuses).toEqual([...Array(20).fill(403), ...Array(10).fill(429)])
  const refused = await book('medics', {}, { at: strict })
  expect(problemOf(refused).type).toBe('too-many-requests')
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60)
  // Guessing keys is guessing as well.
  const keys = await strict.ask({ path: '/v1/operator/queues', headers: { authorization: 'Bearer guess' } })
  expect(problemOf(keys).type).toBe('too-many-requests')
  expect(await strict.stored()).toEqual({ accepted: 0, logged: 0, spooled: 0 })
})

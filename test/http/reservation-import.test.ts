import { once } from 'node:events'
import { request } from 'node:http'
import iconv from 'iconv-lite'
import { beforeAll, expect, test } from 'vitest'
import { problemOf } from './problem-of.ts'
import { known, type RunningApi, runApi } from './running-api.ts'

let api: RunningApi
beforeAll(async () => {
  api = await runApi()
})

const path = (campaign = 'anyone', fromLine = 1) =>
  `/v1/operator/campaigns/${campaign}/reservations/import?fromLine=${fromLine}`
const headersOf = (role: 'viewer' | 'agent', more: Record<string, string> = {}) => ({
  authorization: `Bearer ${api.operatorKeys[role]}`,
  'content-type': 'text/csv',
  ...more,
})
const csv = (...rows: string[]) => ['voucher,birthDate,slotId', ...rows, ''].join('\n')

async function importCsv(body: string | Buffer, { campaign = 'anyone', fromLine = 1, more = {} } = {}) {
  const answer = await api.ask({
    method: 'POST',
    path: path(campaign, fromLine),
    headers: headersOf('agent', more),
    body,
  })
  expect([answer.status, answer.text.slice(0, 200)]).toEqual([200, expect.anything()])
  const results = answer.text
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text))
  return { lines: results.slice(0, -1), end: results.at(-1) }
}

const acceptedOf = async (campaign: string, lane: string) =>
  (
    await api.read(`select accepted_number::int as n from lanes where campaign_id = '${campaign}' and lane = '${lane}'`)
  )[0].n

test('each line is a request of the lane institution, with a receipt; bad ones are named by their number, the others go on', async () => {
  const before = await acceptedOf('anyone', 'institution')
  const { lines, end } = await importCsv(
    csv(
      '7000000001,1980-01-02,one',
      '7000000002,1980-02-30,one', // line 3
      '12345,1980-01-02,one',
      '７０００００００００３,1980/1/2,nowhere one',
      '7000000003,1980-01-02',
      '7000000004,1980-01-02,',
      '"7000000005",1980/1/2,one',
    ),
  )
  expect(lines.map(({ line, status, type }: Record<string, unknown>) => [line, status, type])).toEqual([
    [2, 'queued', undefined],
    [3, 'refused', 'invalid-request'],
    [4, 'refused', 'invalid-request'],
    [5, 'refused', 'invalid-request'],
    [6, 'refused', 'invalid-request'],
    [7, 'refused', 'invalid-request'],
    [8, 'queued', undefined],
  ])
  expect(lines[1].detail).toMatch(/^birthDate /)
  expect(lines[5].detail).toBe('names neither slotId nor locationId')
  expect(end).toEqual({ done: true, queued: 2, refused: 5, next: null })
  expect(JSON.stringify([lines, end])).not.toMatch(/7000000002|1980-02-30|12345/)
  expect(await acceptedOf('anyone', 'institution')).toBe(before + 2)
  const { id, receipt } = lines[0]
  const seen = await api.ask({ path: `/v1/reservations/${id}`, headers: { authorization: `Bearer ${receipt}` } })
  expect(JSON.parse(seen.text)).toMatchObject({ id, status: 'queued', campaign: 'anyone' })
})

test('an institution is refused what everybody is refused: the same checks', async () => {
  const person = `${known.voucher},${known.birthDate}`
  const wrong = `${known.voucher},1981-05-07`
  const { lines } = await importCsv(
    csv(`${person},nowhere`, `${wrong},one`, `${known.agency.voucher},${known.agency.birthDate},one`),
    {
      campaign: 'medics',
    },
  )
  expect(lines.map(({ type }: { type: string }) => type)).toEqual(['unknown-choice', 'not-eligible', 'not-open'])
  const over = await importCsv(csv(`${person},one`), { campaign: 'over' })
  expect(over.lines[0]).toMatchObject({ status: 'refused', type: 'not-open' })
  expect(await acceptedOf('medics', 'institution')).toBe(0)
})

test('the same file again is the same requests; with another key it is not', async () => {
  const file = csv('7100000001,1980-01-02,one', '7100000002,1980-01-02,one')
  const idsOf = async (more = {}) => (await importCsv(file, { more })).lines.map(({ id }: { id: string }) => id)
  const first = await idsOf()
  expect(await idsOf()).toEqual(first)
  const other = await idsOf({ 'idempotency-key': 'second-round' })
  expect(other.filter((id) => first.includes(id))).toEqual([])
})

test('an import goes on at a line, with the same numbers of lines', async () => {
  const rows = Array.from({ length: 50 }, (_, n) => `72000000${String(n).padStart(2, '0')},1980-01-02,one`)
  const { lines, end } = await importCsv(csv(...rows), { fromLine: 40 })
  expect(lines.map(({ line }: { line: number }) => line)).toEqual(Array.from({ length: 12 }, (_, n) => 40 + n))
  expect(end).toMatchObject({ done: true, queued: 12 })
})

test('choices, waiting list and contact; columns in any order; Shift_JIS', async () => {
  const text =
    'email,name,voucher,birthDate,locationId,from,to,waitlist\r\na@example.com,佐藤 花子,7300000001,1980/1/2,east,2090/2/1,2090/2/2,yes\r\n'
  const { lines } = await importCsv(iconv.encode(text, 'cp932'), {
    more: { 'content-type': 'text/csv; charset=Shift_JIS' },
  })
  expect(lines[0]).toMatchObject({ line: 2, status: 'queued' })
  const [{ requests }] = await api.read('select requests from batches order by accepted_at desc limit 1')
  expect(JSON.parse(requests)).toMatchObject([
    { waitlist: true, notify: true, choices: [{ locationIds: ['east'], from: '2090-02-01', to: '2090-02-02' }] },
  ])
})

test('thousands of lines are answered while the file is still being sent', async () => {
  const sending = request({ port: api.port, method: 'POST', path: path(), headers: headersOf('agent') })
  const answered = once(sending, 'response')
  const row = (n: number) => `74${String(n).padStart(8, '0')},1980-01-02,one\n`
  sending.write(csv(...Array.from({ length: 3_000 }, (_, n) => row(n).trim())))
  const [response] = await answered
  expect(response.statusCode).toBe(200)
  let text = ''
  response.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  await expect.poll(() => text.split('\n').length - 1, { timeout: 20_000 }).toBeGreaterThan(2_000)
  for (let n = 3_000; n < 5_000; n += 1) sending.write(row(n))
  sending.end()
  await once(response, 'end')
  const results = text.trim().split('\n')
  expect(results).toHaveLength(5_001)
  expect(results.slice(0, -1).map((result) => JSON.parse(result).line)).toEqual(
    Array.from({ length: 5_000 }, (_, n) => n + 2),
  )
  expect(JSON.parse(results.at(-1)!)).toEqual({ done: true, queued: 5_000, refused: 0, next: null })
})

test('who breaks off has what was answered so far; the rest can be sent later', async () => {
  const before = await acceptedOf('anyone', 'institution')
  const sending = request({ port: api.port, method: 'POST', path: path(), headers: headersOf('agent') })
  sending.on('error', () => {})
  sending.write(csv(...Array.from({ length: 2_000 }, (_, n) => `75${String(n).padStart(8, '0')},1980-01-02,one`)))
  const [response] = await once(sending, 'response')
  await once(response, 'data')
  sending.destroy()
  const all = csv(...Array.from({ length: 3_000 }, (_, n) => `75${String(n).padStart(8, '0')},1980-01-02,one`))
  const { end } = await importCsv(all)
  expect(end).toMatchObject({ done: true, queued: 3_000 })
  // Lines that were taken before were sent again, as the same requests: more numbers, no more ids.
  expect(await acceptedOf('anyone', 'institution')).toBeGreaterThanOrEqual(before + 3_000)
  const [{ ids }] = await api.read(`
    select count(distinct request ->> 'id')::int as ids
      from batches, jsonb_array_elements(requests::jsonb) request
     where lane = 'institution' and first_number > ${before}`)
  expect(ids).toBe(3_000)
})

test('what is no such file is refused as a whole', async () => {
  const wrong = await importCsv('voucher,birthday\n1,2\n')
  expect(wrong.lines).toEqual([])
  expect(wrong.end).toMatchObject({
    done: false,
    type: 'invalid-request',
    detail: expect.stringMatching(/must name the columns/),
  })
  expect((await importCsv(`voucher,birthDate,slotId\n${'x'.repeat(200_000)}\n`)).lines).toMatchObject([
    { line: 2, status: 'refused', type: 'invalid-request' },
  ])
})

test('only agents may, by CSV, into a campaign that there is', async () => {
  const post = (headers: Record<string, string>, campaign = 'anyone') =>
    api.ask({ method: 'POST', path: path(campaign), headers, body: csv() })
  expect(problemOf(await post(headersOf('viewer'))).type).toBe('forbidden')
  expect(problemOf(await post({ 'content-type': 'text/csv' })).type).toBe('unauthorized')
  expect(problemOf(await post(headersOf('agent'), 'nowhere')).type).toBe('not-found')
  expect(problemOf(await post(headersOf('agent', { 'content-type': 'application/json' }))).type).toBe(
    'unsupported-media-type',
  )
  expect(problemOf(await post(headersOf('agent', { 'content-type': 'text/csv; charset=utf-16' }))).type).toBe(
    'unsupported-media-type',
  )
})

import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type Answer, parseAnswer, sendRaw } from './ask.ts'
import { problemOf } from './problem-of.ts'
import { known, type RunningApi, runApi } from './running-api.ts'

let api: RunningApi
let before: Awaited<ReturnType<RunningApi['stored']>>
beforeAll(async () => {
  api = await runApi()
})
beforeEach(async () => {
  before = await api.stored()
})
// Whatever was sent, it is there and can still accept.
afterEach(async () => {
  for (const path of ['/livez', '/readyz']) expect((await api.ask({ path })).status).toBe(200)
})

const reservations = '/v1/campaigns/anyone/reservations'
const secrets = ['0123456789', '1981-05-06', 'Hanako', 'hanako@example.jp', '+81312345678']
const good = {
  voucher: known.voucher,
  birthDate: known.birthDate,
  choices: [{ slotId: 'one' }] as unknown[],
  person: { name: 'Hanako', email: 'hanako@example.jp', phone: '+81312345678' },
}
const json = (fields: object) => JSON.stringify({ ...good, ...fields })
const range = (fields: object) => ({ locationIds: ['east'], from: '2090-02-01', to: '2090-02-02', ...fields })
const post = (body: string | Buffer | undefined, headers: Record<string, string | string[] | undefined> = {}) =>
  api.ask({ method: 'POST', path: reservations, body, headers })

/** A clear refusal: a problem of this type, which repeats nothing that is personal; and nothing is stored. */
async function expectRefused(answer: Answer, type: string) {
  const problem = problemOf(answer)
  expect(problem.type).toBe(type)
  for (const secret of secrets) expect(answer.text).not.toContain(secret)
  expect(await api.stored()).toEqual(before)
  return problem
}
const pathsOf = (problem: { errors?: { path: string }[] }) => problem.errors?.map(({ path }) => path)

test('what is right is accepted, as the refusals below would mean nothing otherwise', async () => {
  const answer = await post(json({}))
  expect(answer.status).toBe(202)
  const { id } = JSON.parse(answer.text)
  expect(answer.headers.location).toBe(`/v1/reservations/${id}`)
  expect((await api.stored()).logged).toBe(before.logged + 1)
})

test.each<[string, string | Buffer]>([
  ['nothing', ''],
  ['null', 'null'],
  ['a list', '[]'],
  ['text', '"0123456789"'],
  ['a number', '7'],
  ['JSON that ends too early', json({}).slice(0, -2)],
  ['JSON with more behind it', `${json({})} {}`],
  ['two documents', json({}) + json({})],
  ['JSON with a comment', `${json({})}//`],
  ['an own prototype', json({}).replace('{', '{"__proto__":{"lane":"agent"},')],
  ['an own prototype, escaped', json({}).replace('{', '{"\\u005f_proto__":{"lane":"agent"},')],
  ['a constructor’s prototype', json({}).replace('{', '{"constructor":{"prototype":{"lane":"agent"}},')],
  ['a nesting of 10,000', '['.repeat(10_000) + ']'.repeat(10_000)],
  ['a nesting of 6,000 under a field', json({}).replace('{', `{"deep":${'{"a":'.repeat(6_000)}1${'}'.repeat(6_000)},`)],
  ['a nesting in the choices', json({}).replace('[{"slotId":"one"}]', `${'['.repeat(9_000)}${']'.repeat(9_000)}`)],
  ['bytes that are not UTF-8', Buffer.from(json({ person: { name: 'H\xe9l\xe8ne' } }), 'latin1')],
  ['UTF-16', Buffer.from(json({}), 'utf16le')],
  ['NUL bytes', Buffer.alloc(100)],
  ['compressed', gzipSync(json({}))],
])('a body that is %s is refused as no valid request', async (_, body) => {
  await expectRefused(await post(body), 'invalid-request')
})

test.each<[string, string, object]>([
  ['a voucher that is too short', 'voucher', { voucher: '012345678' }],
  ['a voucher that is too long', 'voucher', { voucher: '01234567890' }],
  ['a voucher of letters', 'voucher', { voucher: 'abcdefghij' }],
  ['a voucher as a number', 'voucher', { voucher: 1_234_567_890 }],
  ['a voucher in a list', 'voucher', { voucher: ['0123456789'] }],
  ['a voucher with a line feed', 'voucher', { voucher: '0123456789\nx: y' }],
  ['a voucher with a NUL', 'voucher', { voucher: '012345678\0' }],
  ['a voucher of Arabic digits', 'voucher', { voucher: '٠١٢٣٤٥٦٧٨٩' }],
  ['no voucher', 'voucher', { voucher: undefined }],
  ['a 30th of February', 'birthDate', { birthDate: '1980-02-30' }],
  ['a birth in the year 9999', 'birthDate', { birthDate: '9999-12-31' }],
  ['a birth in the year 1066', 'birthDate', { birthDate: '1066-10-14' }],
  ['a birth with a time', 'birthDate', { birthDate: '1981-05-06T00:00:00Z' }],
  ['a birth as a number', 'birthDate', { birthDate: 19_810_506 }],
  ['no choices', 'choices', { choices: [] }],
  ['choices that are null', 'choices', { choices: null }],
  ['eleven choices', 'choices', { choices: Array(11).fill({ slotId: 'one' }) }],
  ['a choice that is text', 'choices.0', { choices: ['one'] }],
  ['a choice of a slot and a range', 'choices.0.slotId', { choices: [{ slotId: 'one', ...range({}) }] }],
  ['SQL for a slot', 'choices.0.slotId', { choices: [{ slotId: "'; drop table slots; --" }] }],
  ['a NUL in a slot', 'choices.0.slotId', { choices: [{ slotId: 'one\0' }] }],
  ['a path for a slot', 'choices.0.slotId', { choices: [{ slotId: '../../etc/passwd' }] }],
  ['a range from a 30th of February', 'choices.0.from', { choices: [range({ from: '2090-02-30' })] }],
  ['a range that ends before it begins', 'choices.0.to', { choices: [range({ from: '2090-03-01' })] }],
  ['a range of thirty years', 'choices.0.to', { choices: [range({ to: '2120-02-01' })] }],
  ['a range in the year 10000', 'choices.0.to', { choices: [range({ to: '10000-01-01' })] }],
  ['a range at no location', 'choices.0.locationIds', { choices: [range({ locationIds: [] })] }],
  ['a range at one location twice', 'choices.0.locationIds', { choices: [range({ locationIds: ['east', 'east'] })] }],
  [
    'a range at 51 locations',
    'choices.0.locationIds',
    { choices: [range({ locationIds: Array.from({ length: 51 }, (_, at) => `l${at}`) })] },
  ],
  ['a status of its own', 'status', { status: 'booked' }],
  ['a lane of its own', 'lane', { lane: 'agent' }],
  ['a queue number of its own', 'queueNumber', { queueNumber: 1 }],
  ['a wish for the waiting list in words', 'waitlist', { waitlist: 'yes' }],
  ['a person with another field', 'person.role', { person: { role: 'admin' } }],
  ['a name of 10 KB', 'person.name', { person: { name: 'x'.repeat(10_000) } }],
  ['a name with a NUL', 'person.name', { person: { name: 'Hanako\0' } }],
  ['a name that forges a line of the log', 'person.name', { person: { name: 'Hanako\n{"level":"fatal"}' } }],
  ['a name that turns round what follows', 'person.name', { person: { name: 'Hanako\u202emoc.elpmaxe' } }],
  ['a name with something invisible', 'person.name', { person: { name: 'Hana\u200dko' } }],
  ['a name with half a character', 'person.name', { person: { name: 'Hanako\ud800' } }],
  ['a name that is nothing but space', 'person.name', { person: { name: '   ' } }],
  ['an address with a second header', 'person.email', { person: { email: 'a@b.example\r\nBcc: c@d.example' } }],
  ['an address that is none', 'person.email', { person: { email: 'hanako' } }],
  ['a telephone number with a bell', 'person.phone', { person: { phone: '+81\u0007' } }],
])('%s is refused, and the field %s is named', async (_, path, fields) => {
  const problem = await expectRefused(await post(json(fields)), 'invalid-request')
  expect(pathsOf(problem)).toContain(path)
})

test('every field that is wrong is named at once', async () => {
  const body = json({ voucher: 7, birthDate: 'x', choices: [{ slotId: '' }, range({ to: 'x' })], lane: 'agent' })
  expect(new Set(pathsOf(await expectRefused(await post(body), 'invalid-request')))).toEqual(
    new Set(['birthDate', 'choices.0.slotId', 'choices.1.to', 'lane', 'voucher']),
  )
})

test.each<[string, string, unknown]>([
  ['a slot that is unknown', 'choices.0.slotId', { slotId: 'two' }],
  ['a slot of another campaign', 'choices.0.slotId', { slotId: 'only-medics' }],
  ['a slot named as the prototype of all', 'choices.0.slotId', { slotId: '__proto__' }],
  ['a location that is unknown', 'choices.0.locationIds.1', range({ locationIds: ['east', 'west'] })],
  ['a location of another campaign', 'choices.0.locationIds.0', range({ locationIds: ['of-medics'] })],
])('%s is an unknown choice, named by its place', async (_, path, choice) => {
  const problem = await expectRefused(await post(json({ choices: [choice] })), 'unknown-choice')
  expect(pathsOf(problem)).toEqual([path])
})

test.each<[string, string | undefined]>([
  ['text', 'text/plain'],
  ['a form', 'application/x-www-form-urlencoded'],
  ['a form in parts', 'multipart/form-data; boundary=x'],
  ['something like JSON', 'application/json5'],
  ['XML', 'application/xml'],
  ['nonsense', ';;;'],
  ['nothing', undefined],
])('a body that says that it is %s is not one that is taken', async (_, type) => {
  await expectRefused(await post(json({}), { 'content-type': type }), 'unsupported-media-type')
})

test('a body of more than 64 KiB is refused, and one that only says so before it was sent', async () => {
  const tooLarge = json({ person: { name: 'x'.repeat(65_536) } })
  await expectRefused(await post(tooLarge), 'too-large')
  await expectRefused(await post('0123456789', { 'content-length': '104857600' }), 'too-large')
  const chunk = `${(60_000).toString(16)}\r\n${' '.repeat(60_000)}\r\n`
  const chunked = `POST ${reservations} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${chunk}${chunk}0\r\n\r\n`
  await expectRefused(parseAnswer(await sendRaw(api.port, chunked)), 'too-large')
})

test('a small body that would unpack to a large one is not unpacked', async () => {
  const bomb = gzipSync(Buffer.alloc(20_000_000, 0x20))
  expect(bomb.length).toBeLessThan(65_536)
  await expectRefused(await post(bomb, { 'content-encoding': 'gzip' }), 'invalid-request')
})

test.each<[string, string | string[]]>([
  ['empty', ''],
  ['256 characters long', 'k'.repeat(256)],
  ['with a space in it', 'a key'],
  ['not ASCII', 'cl\xe9'],
  ['given twice', ['one', 'two']],
  ['given twice, the same', ['one', 'one']],
])('an idempotency key that is %s is refused by its name', async (_, key) => {
  const problem = await expectRefused(await post(json({}), { 'idempotency-key': key }), 'invalid-request')
  expect(pathsOf(problem)).toEqual(['headers.idempotency-key'])
})

test('an idempotency key of 10 KB, and 2,000 headers, are too much to read', async () => {
  await expectRefused(await post(json({}), { 'idempotency-key': 'k'.repeat(10_240) }), 'headers-too-large')
  const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`x-${at}`, 'y']))
  await expectRefused(await post(json({}), many), 'headers-too-large')
})

const head = (...lines: string[]) => [...lines, 'Connection: close', '', ''].join('\r\n')
const smuggled = `GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`
test.each<[string, string]>([
  ['that is no HTTP', 'hello\r\n\r\n'],
  ['that is TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['of another version', head('GET /livez HTTP/9.9', 'Host: x')],
  ['with no host', head('GET /livez HTTP/1.1')],
  [
    'with two lengths',
    `${head(`POST ${reservations} HTTP/1.1`, 'Host: x', 'Content-Length: 0', 'Content-Length: 44')}${smuggled}`,
  ],
  [
    'with a length and chunks',
    `${head(`POST ${reservations} HTTP/1.1`, 'Host: x', 'Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n${smuggled}`,
  ],
  ['with a transfer that nobody knows', head(`POST ${reservations} HTTP/1.1`, 'Host: x', 'Transfer-Encoding: cow')],
  ['with a length that is no number', head(`POST ${reservations} HTTP/1.1`, 'Host: x', 'Content-Length: -1')],
  ['with lines that end too early', `GET /livez HTTP/1.1\nHost: x\nConnection: close\n\n`],
  ['with a folded header', `GET /livez HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\nConnection: close\r\n\r\n`],
  ['with a space before a colon', head('GET /livez HTTP/1.1', 'Host: x', 'Content-Length : 0')],
  ['with a NUL in a header', head('GET /livez HTTP/1.1', 'Host: x', 'X: a\0b')],
  [
    'with chunks that are none',
    `${head(`POST ${reservations} HTTP/1.1`, 'Host: x', 'Content-Type: application/json', 'Transfer-Encoding: chunked')}xyz\r\n`,
  ],
  ['that expects what nobody promised', head('GET /livez HTTP/1.1', 'Host: x', 'Expect: the-unexpected')],
])('a request %s is refused, and nothing behind it is read', async (_, bytes) => {
  const all = await sendRaw(api.port, bytes)
  await expectRefused(parseAnswer(all), 'invalid-request')
  expect(all.match(/HTTP\/1\.1 /g)).toHaveLength(1)
})

test.each([
  ['GET', '//v1/campaigns'],
  ['GET', '/v1//campaigns'],
  ['GET', '/V1/CAMPAIGNS'],
  ['GET', '/v1/campaigns/../operator/queues'],
  ['GET', '/v1/campaigns/..;/operator/queues'],
  ['GET', '/v1/campaigns/anyone/%2e%2e/%2e%2e/operator/queues'],
  ['GET', '/v1/campaigns%2fanyone'],
  ['GET', '/v1/operator%2fqueues'],
  ['GET', '/v1/operator;x/queues'],
  ['GET', '/v1\\operator\\queues'],
  ['GET', '/etc/passwd'],
  ['GET', '/.env'],
  ['GET', '/package.json'],
  ['GET', `/v1/campaigns/${'x'.repeat(300)}`],
  ['TRACE', '/livez'],
  ['OPTIONS', '/v1/campaigns'],
  ['PATCH', '/v1/campaigns/anyone'],
  ['DELETE', '/v1/campaigns/anyone'],
  ['PUT', reservations],
  ['GET', reservations],
  ['PROPFIND', '/'],
])('%s %s is nothing that is there', async (method, path) => {
  await expectRefused(await api.ask({ method, path }), 'not-found')
})

test.each([
  '/v1/campaigns/',
  '/v1/campaigns/%2e%2e',
  '/v1/campaigns/%00',
  '/v1/campaigns/anyone%00',
  '/v1/campaigns/%0d%0aX-Injected:%20yes',
  '/v1/campaigns/%zz',
  '/v1/campaigns/%',
  '/v1/campaigns/%ff',
  '/v1/campaigns/ANYONE',
  '/v1/campaigns/anyone/slots?limit=1000000000',
  '/v1/campaigns/anyone/slots?limit=0',
  '/v1/campaigns/anyone/slots?limit=-1',
  '/v1/campaigns/anyone/slots?limit=1.5',
  '/v1/campaigns/anyone/slots?limit=ten',
  '/v1/campaigns/anyone/slots?limit=1&limit=2',
  '/v1/campaigns/anyone/slots?after=no-slot',
  '/v1/campaigns/anyone/slots?after=one&after=one',
  '/v1/campaigns/anyone/slots?date=2090-02-30',
  '/v1/campaigns/anyone/slots?free=perhaps',
  '/v1/campaigns/anyone/slots?locationId=%27%20or%201=1',
  '/v1/campaigns/anyone/progress?lane=vip',
  '/v1/campaigns/anyone/progress?lane=__proto__',
])('GET %s cannot be read, and nothing of it comes back as a header', async (path) => {
  const answer = await api.ask({ path })
  await expectRefused(answer, 'invalid-request')
  expect(answer.headers['x-injected']).toBeUndefined()
})

test('a path behind a host of the client’s choice is the same path, and guarded as it is', async () => {
  const path = 'http://evil.example/v1/operator/queues'
  await expectRefused(
    await api.ask({ path, headers: { host: 'evil.example', 'x-forwarded-for': '::1' } }),
    'unauthorized',
  )
})

test('an unknown campaign is not found, whoever asks', async () => {
  const answer = await api.ask({ method: 'POST', path: '/v1/campaigns/nobodys/reservations', body: json({}) })
  await expectRefused(answer, 'not-found')
  await expectRefused(await api.ask({ path: '/v1/campaigns/nobodys/progress' }), 'not-found')
})

test('another method that a header asks for is not taken for the method', async () => {
  for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
    const answer = await api.ask({
      method: 'POST',
      path: '/v1/campaigns/anyone',
      headers: { [name]: 'GET' },
      body: '{}',
    })
    await expectRefused(answer, 'not-found')
  }
})

test('what was sent as id of the request is taken over only where it looks like one', async () => {
  for (const id of ['0123456789', 'x\tinjected', '"}', `${'a'.repeat(65)}`])
    expect((await api.ask({ path: '/livez', headers: { 'x-request-id': id } })).headers['x-request-id']).not.toContain(
      id,
    )
})

/** The id that a body is accepted with. */
async function acceptedId(body: string | Buffer, headers = {}): Promise<string> {
  const answer = await post(body, headers)
  expect(answer.status, answer.text).toBe(202)
  return JSON.parse(answer.text).id
}

test('full-width digits are the same voucher, and a byte order mark changes nothing', async () => {
  const id = await acceptedId(json({}))
  expect(await acceptedId(json({ voucher: '０１２３４５６７８９' }))).toBe(id)
  expect(await acceptedId(`\ufeff${json({})}`)).toBe(id)
  const other = json({}).replace('{', '{"voucher":"9999999999",')
  // A field that is given twice is the one given last, for the checks as for what is kept.
  expect(await acceptedId(other)).toBe(id)
})

test('text that is something elsewhere is only text here: it is accepted, sealed and never read', async () => {
  const names = [
    '=cmd|/c calc',
    '{{7*7}}',
    '$' + '{7*7}',
    "Robert'); drop table reservations; --",
    '<script>alert(1)</script>',
  ]
  for (const [at, name] of names.entries()) await acceptedId(json({ voucher: `888888888${at}`, person: { name } }))
  expect(await api.read(`select to_regclass('reservations') is not null as there`)).toEqual([{ there: true }])
})

test('the same voucher asked for 100 times at once, with a key each, is let in three times', async () => {
  const body = json({ voucher: '7777777777' })
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, at) => post(body, { 'idempotency-key': `key-${at}` })),
  )
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(3)
  const refused = answers.filter(({ status }) => status !== 202)
  for (const answer of refused) {
    expect(problemOf(answer).type).toBe('too-many-requests')
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  }
  expect((await api.stored()).logged).toBe(before.logged + 3)
})

test('in all that it wrote meanwhile there is nothing personal, no credential, and no error that was not expected', async () => {
  // Logs are written in their order: with this line in them they are whole.
  const last = randomUUID()
  await api.ask({ path: '/livez', headers: { 'x-request-id': last } })
  await vi.waitFor(() => expect(api.output()).toContain(last), { timeout: 5_000 })
  for (const secret of [...secrets, '7777777777', '8888888880', 'drop table', 'smuggled'])
    expect(api.output()).not.toContain(secret)
  expect(
    api
      .output()
      .split('\n')
      .filter((line) => /"level":"(error|fatal)"/.test(line)),
  ).toEqual([])
})

import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { type Body, book, bookAccepted, type Told } from './book.ts'
import { untilDecided } from './decided.ts'
import { inCluster, inFiles, inRedis, inTables, inTexts } from './find-personal.ts'
import { personOf } from './personal-values.ts'
import { untilRung } from './rung.ts'
import { send } from './send.ts'
import { type Api, postgresOf, redisOf, startStack } from './stack.ts'
import { until } from './until.ts'

const clean = { found: [], looked: expect.toSatisfy((looked: number) => looked > 0) }
const bodyFor = (n: number, fields: Record<string, unknown> = {}) =>
  ({ ...personOf(n), choices: [{ slotId: 'a' }], ...fields }) as Body

/** What people and their programs get wrong, with their data in it. The answers. */
async function sendWhatIsRefused(api: Api): Promise<string[]> {
  const answers: string[] = []
  const { voucher, birthDate, person } = personOf(1)
  const path = '/v1/campaigns/private/reservations'
  async function refuse(status: number, url: string, options: Parameters<typeof send>[1] = {}) {
    const json = { 'content-type': 'application/json' }
    const reply = await send(`${api.url}${url}`, { ...options, headers: { ...json, ...options.headers } })
    expect([url, reply.status]).toEqual([url, status])
    answers.push(reply.text, JSON.stringify(reply.headers))
  }
  const post = (status: number, body: unknown, headers = {}) =>
    refuse(status, path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers })

  await post(403, bodyFor(1, { birthDate: personOf(2).birthDate }))
  await post(403, bodyFor(28)) // not in the register
  await post(422, bodyFor(1, { choices: [{ slotId: 'no-such-slot' }] }))
  await post(400, bodyFor(1, { voucher: `${voucher}x` }))
  await post(400, bodyFor(1, { birthDate: `${birthDate}T00` }))
  await post(400, bodyFor(1, { person: { ...person, email: `${person.email} ` } }))
  await post(400, bodyFor(1, { person: { ...person, name: `${person.name}\u202e` } }))
  await post(400, bodyFor(1, { person: { ...person, phone: person.phone.repeat(3) } }))
  await post(400, bodyFor(1, { remark: `${person.name} ${voucher}` }))
  await post(400, JSON.stringify(bodyFor(1)).slice(0, -1))
  await post(400, bodyFor(1), { 'idempotency-key': `${person.name.split(' ')[0]} ${voucher}` })
  await post(413, bodyFor(1, { person: { ...person, name: person.name.repeat(4_000) } }))
  await post(415, JSON.stringify(bodyFor(1)), { 'content-type': 'text/plain' })
  await refuse(404, `${path}?voucher=${voucher}&birthDate=${birthDate}`)
  await refuse(404, `/v1/campaigns/private/${voucher}/${encodeURIComponent(person.name)}`)
  await refuse(400, `/v1/campaigns/private/slots?locationId=${encodeURIComponent(`${person.name}!`)}`)
  await refuse(401, `/v1/reservations/${voucher}`, { headers: { authorization: `Bearer ${voucher}` } })
  await refuse(401, '/v1/operator/queues', {
    headers: {
      authorization: `Bearer ${person.email}`,
      referer: `https://x.example/?v=${voucher}`,
      'user-agent': voucher,
    },
  })
  return answers
}

test('who asks is in clear nowhere: not in Redis or its files, in logs or URLs, in answers, nor in Postgres', async () => {
  const stack = await startStack({ apis: 2, allocators: 1, ownPostgres: true, logLevel: 'trace' })
  const [postgres, redis] = [postgresOf(stack), redisOf(stack)]
  const register = Object.fromEntries(
    Array.from({ length: 27 }, (_, n) => [personOf(n + 1).voucher, personOf(n + 1).birthDate]),
  )
  await stack.addCampaign({ id: 'private', slots: { a: 20, b: 5 }, register })
  const [one, other] = [stack.apis[0]!, stack.apis[1]!]
  const client = new Redis(redis.url)
  const answers: string[] = []
  const ledger: Told[] = []

  async function bookAll(from: number, count: number) {
    for (let n = from; n < from + count; n += 1) {
      // There are clients who take an address for a key.
      const key = n % 2 ? { key: personOf(n).person.email } : {}
      ledger.push(await bookAccepted(n % 3 ? one : other, 'private', bodyFor(n, { waitlist: n % 5 === 0 }), key))
    }
    const again = await book(one, 'private', bodyFor(from, { choices: [{ slotId: 'b' }] }))
    expect(again.status).toBe(202) // one voucher, two wishes
    answers.push(again.text)
    ledger.push(again.told!)
  }

  // While all is well: Redis holds jobs, outcomes, and what an API needs to start without Postgres.
  await until('the register is known', async () => (await book(one, 'private', bodyFor(1))).status === 202)
  await until('the register is known', async () => (await book(other, 'private', bodyFor(1))).status === 202)
  await bookAll(1, 12)
  answers.push(...(await sendWhatIsRefused(one)))
  await untilDecided(one, 'private', ledger)
  expect(await inRedis(client)).toEqual(clean)

  // While Postgres is away: Redis holds the requests.
  await postgres.kill()
  await untilRung(stack.apis, 'postgres-away')
  await bookAll(13, 12)
  answers.push(...(await sendWhatIsRefused(other)))
  expect(ledger.filter(({ queueNumber }) => queueNumber === null).length).toBeGreaterThan(10)
  expect((await client.keys('*spooled')).length).toBeGreaterThan(0)
  expect(await inRedis(client)).toEqual(clean)

  await postgres.restart()
  await untilRung(stack.apis, 'normal')
  const seen = await untilDecided(other, 'private', ledger)
  expect(seen.filter(({ status }) => status === 'booked').length).toBeGreaterThan(15)
  expect(new Set(seen.map(({ reason }) => reason))).toContain('voucher-used')
  answers.push(...seen.map((one) => JSON.stringify(one)))

  expect(await inRedis(client)).toEqual(clean)
  expect(inFiles(redis.dir)).toEqual(clean)
  expect(inFiles(stack.logs)).toEqual(clean)
  expect(inFiles(postgres.home)).toEqual(clean)
  expect(inTexts(answers)).toEqual(clean)
  expect(await inTables(postgres)).toEqual(clean)
  expect(await inCluster(postgres)).toEqual(clean)

  // The scans can see: what is planted is found, in every place and kind.
  const { voucher, birthDate, person } = personOf(29)
  await client.rpush('planted', 'x', `in a list: ${voucher}`)
  await client.hset('planted-hash', birthDate, Buffer.from(`..${person.name}`).toString('base64'))
  await client.zadd('planted-set', 1, encodeURIComponent(person.name))
  expect((await inRedis(client)).found.toSorted()).toEqual([
    'planted-hash: birthDate, name, kanji',
    'planted-set: name, kanji',
    'planted: voucher',
  ])
  expect(inFiles(redis.dir).found).toEqual([expect.stringMatching(/aof: voucher, birthDate, name, kanji$/)])
  appendFileSync(join(stack.logs, 'api-1.log'), `{"url":"/x?phone=${encodeURIComponent(person.phone)}"}\n`)
  expect(inFiles(stack.logs).found).toEqual(['api-1.log: phone'])
  expect(inTexts([JSON.stringify(person)]).found).toHaveLength(1)
  await postgres.asSuperuser(
    `create table planted (note text, bytes bytea); insert into planted values ('${person.email}', '${voucher}')`,
  )
  expect((await inTables(postgres)).found).toEqual(['public.planted: voucher, email'])
  expect((await inCluster(postgres)).found.toSorted()).toEqual([
    expect.stringMatching(/^base\/.*: voucher, email$/),
    expect.stringMatching(/^pg_wal\/.*: voucher, email$/),
  ])
  client.disconnect()
})

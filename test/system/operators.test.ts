import { expect, test } from 'vitest'
import { addOperator } from '#src/operations/add-operator.ts'
import { auditInvariants } from '#src/operations/audit/audit-invariants.ts'
import { changeCampaign } from '#src/operations/change-campaign.ts'
import { closeCampaign } from '#src/operations/close-campaign.ts'
import { pauseCampaign } from '#src/operations/pause-campaign.ts'
import { showCampaign } from '#src/operations/show-campaign.ts'
import { ask, bodyOf, book, bookAccepted, now } from './book.ts'
import { untilOneDecided } from './decided.ts'
import { readStatus, untilRung } from './rung.ts'
import { getJson, send } from './send.ts'
import { postgresOf, redisOf, type Stack, startStack } from './stack.ts'
import { until } from './until.ts'

/** What a running API may take to know of a change. */
const knownWithinMs = 1_000

type Role = 'viewer' | 'agent' | 'admin'

/** Sends as an operator of a role, who is made first. */
async function operatorOf({ pool, apis }: Stack, role: Role) {
  const key = await addOperator({ pool, name: role, role, by: 'test' })
  return async (method: string, path: string, body?: unknown) => {
    const reply = await send(`${apis[0]!.url}/v1/operator/${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: reply.status, body: reply.text === '' ? null : JSON.parse(reply.text) }
  }
}

const iso = (epochMs: number) => new Date(epochMs).toISOString()
const progressOf = (stack: Stack, campaign: string) =>
  getJson(`${stack.apis[0]!.url}/v1/campaigns/${campaign}/progress`)

/** The campaign's own file with other fields, as an operator would change it. */
async function change({ pool }: Stack, campaign: string, fields: Record<string, unknown>) {
  const { file } = await showCampaign(pool, campaign)
  await changeCampaign({ pool, text: JSON.stringify({ ...file, ...fields }), by: 'test' })
}

test('a campaign opens and closes on time by the database’s clock, without a restart, and nobody is let in a moment early', async () => {
  const stack = await startStack()
  const api = stack.apis[0]!
  await stack.addCampaign({ id: 'timed', slots: { a: 1_000 }, fields: { opensAt: iso(Date.now() + 3_600_000) } })
  const early = await book(api, 'timed', bodyOf(0, 'a'))
  expect([early.status, early.type, Number(early.headers['retry-after']) > 60]).toEqual([403, 'not-open', true])

  const opensAt = Math.ceil((Date.now() + 4_000) / 1_000) * 1_000
  const closesAt = opensAt + 2_000
  await change(stack, 'timed', { opensAt: iso(opensAt), closesAt: iso(closesAt) })
  const changedAt = now()
  await until('the API knows the new opening', async () => {
    const { opensAt: shown } = await getJson<{ opensAt: string }>(`${api.url}/v1/campaigns/timed`)
    return Date.parse(shown) === opensAt
  })
  expect(now() - changedAt).toBeLessThan(knownWithinMs)

  const answers: { status: number; state: string; type: string | null }[] = []
  let voucher = 1
  await until('it has closed', async () => {
    const { status, type } = await book(api, 'timed', bodyOf(voucher++, 'a'))
    const { state } = await progressOf(stack, 'timed')
    answers.push({ status, type, state: String(state) })
    return state === 'closed' && status === 403
  })
  const accepted = await stack.read(
    `select extract(epoch from received_at)::float8 * 1000 as at from batches order by 1`,
  )
  expect(accepted.length).toBeGreaterThan(5)
  expect(accepted[0].at).toBeGreaterThanOrEqual(opensAt)
  expect(accepted[0].at).toBeLessThan(opensAt + knownWithinMs)
  expect(accepted.at(-1).at).toBeLessThan(closesAt)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403, 202]))
  expect(answers.map(({ state }) => state).filter((state, n, all) => state !== all[n - 1])).toEqual([
    'upcoming',
    'open',
    'closed',
  ])
  await until('all are decided', async () => (await stack.read(`select from reservations`)).length === accepted.length)
  expect(await stack.read(`select distinct status from reservations`)).toEqual([{ status: 'booked' }])
})

test('a campaign that is closed now refuses within a second, and those who were accepted are decided as ever', async () => {
  const stack = await startStack({ allocators: 0 })
  await stack.addCampaign({ id: 'closing', slots: { a: 10 } })
  const told = await bookAccepted(stack.apis[0]!, 'closing', bodyOf(1, 'a'))
  await closeCampaign({ pool: stack.pool, campaign: 'closing', by: 'test' })
  const closedAt = now()
  await until('refused', async () => (await book(stack.apis[0]!, 'closing', bodyOf(2, 'a'))).status === 403)
  expect(now() - closedAt).toBeLessThan(knownWithinMs)
  await stack.addAllocator()
  expect(await untilOneDecided(stack.apis[0]!, told)).toMatchObject({ status: 'booked' })
})

test('an announcement is in status, in progress and in every 503, and is still told when both stores are gone', async () => {
  const stack = await startStack({ ownPostgres: true })
  await stack.addCampaign({ id: 'told', slots: { a: 10 } })
  const admin = await operatorOf(stack, 'admin')
  const api = stack.apis[0]!
  const said = { ja: '停止中です', en: 'Down for repair', expectedAt: '2026-12-01T12:00:00+09:00' }
  const everywhere = { ...said, expectedAt: '2026-12-01T03:00:00+00:00' }

  expect(await readStatus(api)).toMatchObject({ announcement: null })
  expect(await admin('PUT', 'announcement', said)).toEqual({ status: 200, body: said })
  const saidAt = now()
  await until('it is told', async () => (await getJson(`${api.url}/status`)).announcement !== null)
  expect(now() - saidAt).toBeLessThan(knownWithinMs)
  expect(await readStatus(api)).toMatchObject({ announcement: everywhere })
  expect(await progressOf(stack, 'told')).toMatchObject({ announcement: said })
  expect((await send(`${api.url}/status`)).headers['cache-control']).toContain('stale-if-error=600')

  await Promise.all([redisOf(stack).kill(), postgresOf(stack).kill()])
  await untilRung([api], 'refusing')
  const refused = await book(api, 'told', bodyOf(1, 'a'))
  expect([refused.status, refused.type]).toEqual([503, 'unavailable'])
  expect(JSON.parse(refused.text)).toMatchObject({ announcement: everywhere })
  expect(JSON.parse((await send(`${api.url}/readyz`)).text)).toMatchObject({ announcement: everywhere })
  expect(await readStatus(api)).toMatchObject({ intake: 'refusing', announcement: everywhere })
  expect(await progressOf(stack, 'told')).toMatchObject({ announcement: said })
  // Nobody's fault: what operators may do is answered as away, not as a bug.
  expect((await admin('DELETE', 'announcement')).status).toBe(503)

  await postgresOf(stack).restart()
  await until('taken away', async () => (await admin('DELETE', 'announcement')).status === 204)
  await until('told no more', async () => (await getJson(`${api.url}/status`)).announcement === null)
})

test('a paused intake refuses everybody with 503, in its campaign alone, and goes on when it is resumed', async () => {
  const stack = await startStack()
  await stack.addCampaign({ id: 'paused', slots: { a: 10 } })
  await stack.addCampaign({ id: 'other', slots: { a: 10 } })
  const admin = await operatorOf(stack, 'admin')
  const agent = await addOperator({ pool: stack.pool, name: 'agent', role: 'agent', by: 'test' })
  const api = stack.apis[0]!

  const reason = 'the slots are wrong'
  expect(await admin('POST', 'campaigns/paused/pause', { what: 'intake', reason })).toEqual({
    status: 200,
    body: { campaign: 'paused', what: 'intake', paused: true },
  })
  await until('paused', async () => (await progressOf(stack, 'paused')).state === 'paused')
  const refused = await book(api, 'paused', bodyOf(1, 'a'))
  expect([refused.status, refused.type, Number(refused.headers['retry-after']) > 0]).toEqual([503, 'unavailable', true])
  expect(JSON.parse(refused.text)).toMatchObject({
    announcement: null,
    detail: expect.stringContaining('paused by the operators'),
  })
  const byPhone = await send(`${api.url}/v1/campaigns/paused/reservations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${agent}`, 'content-type': 'application/json' },
    body: JSON.stringify(bodyOf(2, 'a')),
  })
  expect(byPhone.status).toBe(503)
  expect((await bookAccepted(api, 'other', bodyOf(1, 'a'))).queueNumber).toBe(1)
  expect(await readStatus(api)).toMatchObject({ intake: 'open' })

  await pauseCampaign({ pool: stack.pool, campaign: 'other', what: 'intake', reason, by: 'test' })
  await until('all is paused', async () => (await readStatus(api)).intake === 'paused')
  expect(await admin('POST', 'campaigns/paused/pause', { what: 'intake', reason })).toMatchObject({ status: 409 })
  expect(await admin('POST', 'campaigns/nowhere/pause', { what: 'intake', reason })).toMatchObject({ status: 404 })
  expect(await admin('POST', 'campaigns/paused/pause', { what: 'all', reason })).toMatchObject({ status: 400 })

  await admin('POST', 'campaigns/paused/resume', { what: 'intake', reason: 'they are right' })
  await until('open', async () => (await readStatus(api)).intake === 'open')
  expect((await bookAccepted(api, 'paused', bodyOf(1, 'a'))).queueNumber).toBe(1)
  expect(await stack.read(`select from batches where campaign_id = 'paused'`)).toHaveLength(1)
})

test('a paused allocation survives every process, and what was accepted meanwhile is decided when it is resumed', async () => {
  const stack = await startStack()
  await stack.addCampaign({ id: 'held', slots: { a: 10 } })
  const admin = await operatorOf(stack, 'admin')
  const api = stack.apis[0]!
  await admin('POST', 'campaigns/held/pause', { what: 'allocation', reason: 'a look' })
  await Promise.all([api.restart(), stack.allocators[0]!.restart()])
  await until('ready', async () => (await send(`${api.url}/readyz`).catch(() => null))?.status === 200)
  const told = await bookAccepted(api, 'held', bodyOf(1, 'a'))
  await until('paused', async () => (await progressOf(stack, 'held')).state === 'paused')
  expect(await stack.read('select from decisions')).toEqual([])
  await admin('POST', 'campaigns/held/resume', { what: 'allocation' })
  expect(await untilOneDecided(api, told)).toMatchObject({ status: 'booked' })
})

test('what was set aside is retried at the end of its lane or withdrawn, and whoever holds the receipt sees it', async () => {
  const stack = await startStack()
  await stack.addCampaign({ id: 'aside', slots: { a: 10 } })
  const admin = await operatorOf(stack, 'admin')
  const viewer = await operatorOf(stack, 'viewer')
  const api = stack.apis[0]!
  await admin('POST', 'campaigns/aside/pause', { what: 'allocation', reason: 'a test' })
  const [first, second] = [
    await bookAccepted(api, 'aside', bodyOf(1, 'a')),
    await bookAccepted(api, 'aside', bodyOf(2, 'a')),
  ]
  await stack.asOwner(
    `alter table reservations add constraint not_these check (status <> 'booked' or id not in ('${first.id}', '${second.id}'))`,
  )
  await admin('POST', 'campaigns/aside/resume', { what: 'allocation' })
  const list = async (query = '') => (await viewer('GET', `set-aside${query}`)).body
  await until('both are set aside', async () => (await list()).setAside.length === 2)
  const page = await list('?limit=1&campaign=aside')
  expect(page.setAside).toMatchObject([{ requestId: first.id, campaign: 'aside', lane: 'web', queueNumber: 1 }])
  expect(await list(`?limit=1&after=${page.next}`)).toMatchObject({ setAside: [{ requestId: second.id }], next: null })
  expect(JSON.parse((await ask(api, first)).text)).toMatchObject({ status: 'queued', queueNumber: 1 })

  await stack.asOwner('alter table reservations drop constraint not_these')
  expect((await viewer('POST', `set-aside/${first.id}/retry`)).status).toBe(403)
  expect(await admin('POST', `set-aside/${first.id}/retry`)).toEqual({
    status: 200,
    body: { requestId: first.id, campaign: 'aside', lane: 'web', queueNumber: 3 },
  })
  expect(await untilOneDecided(api, first)).toMatchObject({ status: 'booked', queueNumber: 3 })
  expect((await admin('POST', `set-aside/${second.id}/withdraw`)).status).toBe(200)
  expect(await untilOneDecided(api, second)).toMatchObject({
    status: 'rejected',
    reason: 'withdrawn-by-operator',
    queueNumber: 2,
  })
  expect((await admin('POST', `set-aside/${second.id}/withdraw`)).status).toBe(409)
  expect(await list()).toEqual({ setAside: [], next: null })
  expect(await auditInvariants({ pool: stack.pool })).toMatchObject({ holds: true, violations: [] })
  expect(await stack.read(`select booked from slots`)).toEqual([{ booked: 1 }])
})

test('viewers and agents steer nothing, and without a key nobody does', async () => {
  const stack = await startStack({ allocators: 0 })
  await stack.addCampaign({ id: 'guarded', slots: { a: 10 } })
  const roles = { viewer: await operatorOf(stack, 'viewer'), agent: await operatorOf(stack, 'agent') }
  const nobody = '0192f7a0-0000-7000-8000-000000000000'
  const steering: [string, string, unknown?][] = [
    ['PUT', 'announcement', { ja: 'あ', en: 'a' }],
    ['DELETE', 'announcement'],
    ['POST', 'campaigns/guarded/pause', { what: 'intake', reason: 'x' }],
    ['POST', 'campaigns/guarded/resume', { what: 'intake', reason: 'x' }],
    ['POST', `set-aside/${nobody}/retry`],
    ['POST', `set-aside/${nobody}/withdraw`],
  ]
  for (const [method, path, body] of steering) {
    for (const role of [roles.viewer, roles.agent])
      expect([path, (await role(method, path, body)).status]).toEqual([path, 403])
    const { status } = await send(`${stack.apis[0]!.url}/v1/operator/${path}`, { method })
    expect([path, status]).toEqual([path, 401])
  }
  expect(
    await stack.read('select intake_paused_at, (select count(*) from announcements) as announced from writers'),
  ).toEqual([{ intake_paused_at: null, announced: 0 }])
})

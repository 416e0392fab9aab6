import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { ask, decidingDatabase, rivals } from '../../test/setup/deciding.ts'
import type { QueuedRequest } from '../domain/batch.ts'
import { createLogger } from '../logger.ts'
import { appendBatch } from '../postgres/batches.ts'
import type { DecideNext } from './decide-next.ts'

const campaign = 'medics'
type Database = Awaited<ReturnType<typeof decidingDatabase>>
let api: Database['api']
let append: Database['append']
let decideAll: Database['decideAll']
let giveSlots: Database['giveSlots']
let newAllocator: Database['newAllocator']
let openPool: Database['openPool']
let read: Database['read']
let served: Database['served']
let storedStatuses: Database['storedStatuses']
beforeEach(async () => {
  ;({ api, append, decideAll, giveSlots, newAllocator, openPool, read, served, storedStatuses } =
    await decidingDatabase())
})

const ids = (requests: QueuedRequest[]) => requests.map(({ id }) => id)
/** What must hold of the stored truth, whatever happened. */
async function expectSound() {
  expect(await read('select id, booked from slots order by id')).toEqual(
    await read(`
      select slots.id, count(appointments.slot_id)::int as booked
        from slots left join appointments on appointments.slot_id = slots.id group by slots.id order by slots.id`),
  )
  expect(await read('select id from slots where booked > capacity')).toEqual([])
  expect(
    await read(`select voucher_key from reservations where status = 'booked' group by 1 having count(*) > 1`),
  ).toEqual([])
}

test('200 rivals for 50 seats: exactly 50 are booked, the first 50', async () => {
  await giveSlots({ only: 50 })
  const asked = rivals(200, 'only')
  await append(asked.slice(0, 1))
  await append(asked.slice(1, 150))
  await append(asked.slice(150))
  const decisions = await decideAll(newAllocator())
  expect(decisions.map(({ request }) => request.id)).toEqual(ids(asked))
  expect(decisions.map(({ decision }) => decision.status)).toEqual([
    ...Array(50).fill('booked'),
    ...Array(150).fill('rejected'),
  ])
  expect(await read('select id, queue_number::int from reservations order by queue_number')).toEqual(
    asked.map(({ id }, at) => ({ id, queue_number: at + 1 })),
  )
  expect(await storedStatuses()).toEqual([...Array(50).fill('booked'), ...Array(150).fill('rejected')])
  expect(await read('select booked from slots')).toEqual([{ booked: 50 }])
  expect(await served()).toBe(200)
  await expectSound()
})

test('what is decided is written once, with its reason, its box as it came, and what is to be told', async () => {
  await giveSlots({ only: 1 })
  const [first, second] = rivals(2, 'only').map((request, at) => ({ ...request, notify: at === 1 }))
  await append([first!, second!])
  await decideAll(newAllocator())
  expect(
    await read(`select id, status, reason, lane, encode(box, 'escape') as box from reservations order by queue_number`),
  ).toEqual([
    { id: first!.id, status: 'booked', reason: null, lane: 'web', box: 'sealed' },
    { id: second!.id, status: 'rejected', reason: 'sold-out', lane: 'web', box: 'sealed' },
  ])
  expect(await read('select request_id, number::int, kind, outcome, reason from decisions order by number')).toEqual([
    { request_id: first!.id, number: 1, kind: 'book', outcome: 'booked', reason: null },
    { request_id: second!.id, number: 2, kind: 'book', outcome: 'rejected', reason: 'sold-out' },
  ])
  expect(await read('select reservation_id, dose, slot_id from appointments')).toEqual([
    { reservation_id: first!.id, dose: 1, slot_id: 'only' },
  ])
  expect(await read('select reservation_id, event from outbox')).toEqual([
    { reservation_id: second!.id, event: 'rejected' },
  ])
})

test('up to 1,000 requests go into one transaction, of one batch or many, and a batch that does not fit is divided', async () => {
  await giveSlots({ only: 1_900 })
  const appendAll = async (...sizes: number[]) => {
    for (const size of sizes) await append(rivals(size, 'only'))
  }
  await appendAll(300, 500, 200, 1)
  const decideNext = newAllocator()
  expect((await decideNext(campaign))?.servingNumber).toBe(1_000)
  expect((await decideNext(campaign))?.servingNumber).toBe(1_001)
  expect(await decideNext(campaign)).toBeNull()
  await appendAll(300, 500, 201)
  expect((await decideNext(campaign))?.servingNumber).toBe(2_001)
  await appendAll(99)
  expect((await decideNext(campaign))?.servingNumber).toBe(2_101)
  expect(await read('select booked from slots')).toEqual([{ booked: 1_900 }])
  await expectSound()
})

test('what an allocator has read ahead and another has decided is not decided again', async () => {
  await giveSlots({ only: 1 })
  for (const size of [400, 400, 400, 400]) await append(rivals(size, 'only'))
  const [one, other] = [newAllocator('one'), newAllocator('other')]
  expect((await one(campaign))?.servingNumber).toBe(1_000)
  expect((await other(campaign))?.servingNumber).toBe(1_600)
  await append(rivals(300, 'only'))
  expect((await one(campaign))?.servingNumber).toBe(1_900)
  expect(await one(campaign)).toBeNull()
  expect(await read('select count(*)::int, max(number)::int from decisions')).toEqual([{ count: 1_900, max: 1_900 }])
})

test('what was read ahead of a log that another has replaced, as a restored database has, is read again', async () => {
  await giveSlots({ only: 1 })
  for (const size of [500, 500, 100]) await append(rivals(size, 'only'))
  const decideNext = newAllocator()
  await decideNext(campaign)
  const others = rivals(100, 'only')
  const owner = openPool(null)
  await owner.query(`update batches set requests = '${JSON.stringify(others)}' where first_number = 1001`)
  const endOthers = () =>
    owner.query(`select pg_terminate_backend(pid) from pg_stat_activity
                  where datname = current_database() and pid <> pg_backend_pid()`)
  await expect.poll(endOthers).toMatchObject({ rowCount: 0 })
  const decisions = await decideAll(decideNext)
  expect(decisions.map(({ request }) => request.id)).toEqual(ids(others))
})

test('a request that arrives again, in another batch or lane, is not decided again', async () => {
  await giveSlots({ early: 1, late: 5 })
  const asked = ask([{ slotId: 'early' }, { slotId: 'late' }])
  const decideNext = newAllocator()
  await append([asked])
  await append([asked, asked])
  await decideAll(decideNext)
  await append([asked], 'agent')
  await append([asked])
  expect(await decideAll(decideNext)).toEqual([])
  expect(await served()).toBe(4)
  expect(await served('agent')).toBe(1)
  expect(await read('select request_id, number::int from decisions')).toEqual([{ request_id: asked.id, number: 1 }])
  expect(await read('select slot_id from appointments')).toEqual([{ slot_id: 'early' }])
  expect(await read('select booked from slots order by id')).toEqual([{ booked: 1 }, { booked: 0 }])
})

test('one voucher, over lanes and batches, holds one live reservation: the first decided', async () => {
  await giveSlots({ only: 5 })
  const first = ask([{ slotId: 'only' }])
  const again = { ...first, id: randomUUID() }
  const byPhone = { ...first, id: randomUUID() }
  await append([first, again])
  const decideNext = newAllocator()
  await decideAll(decideNext)
  await append([byPhone], 'agent')
  await decideAll(decideNext)
  expect(await read('select id, status, reason from reservations order by lane desc, queue_number')).toEqual([
    { id: first.id, status: 'booked', reason: null },
    { id: again.id, status: 'rejected', reason: 'voucher-used' },
    { id: byPhone.id, status: 'rejected', reason: 'voucher-used' },
  ])
  await expectSound()
})

test('in a campaign with a register, who is not in it is rejected though intake let them pass', async () => {
  await giveSlots({ only: 5 })
  const [known, stranger] = rivals(2, 'only')
  await read(`
    update campaigns set eligibility = 'register';
    insert into vouchers (campaign_id, fingerprint, voucher_key)
    values ('${campaign}', decode('${known!.fingerprint}', 'hex'), decode('${known!.voucherKey}', 'hex'))`)
  await append([stranger!, known!])
  await decideAll(newAllocator())
  expect(await read('select id, status, reason from reservations order by queue_number')).toEqual([
    { id: stranger!.id, status: 'rejected', reason: 'not-eligible' },
    { id: known!.id, status: 'booked', reason: null },
  ])
})

test('what intake closed after the campaign did is rejected as closed, however late it is decided', async () => {
  await giveSlots({ only: 5 })
  const closesAt = Date.parse('2026-06-01T00:00:00Z')
  await read(`update campaigns set opens_at = '2026-05-01T00:00:00Z', closes_at = '2026-06-01T00:00:00Z'`)
  const [early, late] = rivals(2, 'only')
  const at = (receivedAt: number, request: QueuedRequest) =>
    appendBatch(api, { id: randomUUID(), campaign, lane: 'web', receivedAt, requests: [request] }, {})
  await at(closesAt, late!)
  await at(closesAt - 1, early!)
  await decideAll(newAllocator())
  expect(await read('select id, reason from reservations order by queue_number')).toEqual([
    { id: late!.id, reason: 'closed' },
    { id: early!.id, reason: null },
  ])
})

test('lanes take turns: a phone agent does not wait for a web backlog', async () => {
  await giveSlots({ only: 10 })
  for (let batch = 0; batch < 6; batch += 1) await append(rivals(500, 'only'))
  const decideNext = newAllocator()
  expect((await decideNext(campaign))?.lane).toBe('web')
  await append(rivals(1, 'only'), 'agent')
  expect((await decideNext(campaign))?.lane).toBe('agent')
  expect((await decideNext(campaign))?.lane).toBe('web')
  expect(await served()).toBe(2_000)
})

test('two allocators at once never oversell, decide each request once, and keep the order', async () => {
  await giveSlots({ a: 100, b: 100, c: 100 })
  const asked = Array.from({ length: 1_500 }, () =>
    ask([{ slotId: 'a' }, { locationIds: ['east'], from: '2026-12-01', to: '2026-12-01' }]),
  )
  for (let at = 0; at < asked.length; at += 30) await append(asked.slice(at, at + 30))
  const [one, two] = [newAllocator('one'), newAllocator('two')]
  const untilServed = async (decideNext: DecideNext) => {
    while ((await served()) !== 1_500) await decideNext(campaign)
  }
  const feeding = (async () => {
    for (let more = 0; more < 30; more += 1) await append(rivals(1, 'a'), 'agent')
  })()
  await Promise.all([untilServed(one), untilServed(two), feeding])
  await decideAll(one)
  expect(await read(`select request_id from decisions where lane = 'web' order by number`)).toEqual(
    asked.map(({ id }) => ({ request_id: id })),
  )
  const booked = await read(
    `select lane, queue_number::int as n from reservations where status = 'booked' order by 1, 2`,
  )
  const web = booked.filter(({ lane }) => lane === 'web').map(({ n }) => n)
  expect(web).toEqual(web.map((_, at) => at + 1))
  expect(booked).toHaveLength(300)
  expect(await served('agent')).toBe(30)
  await expectSound()
})

test('slots that somebody else changes are read again: more seats, fewer, and a closed one', async () => {
  await giveSlots({ a: 1, b: 0 })
  const decideNext = newAllocator()
  await append(rivals(2, 'a'))
  await decideAll(decideNext)
  expect(await storedStatuses()).toEqual(['booked', 'rejected'])
  await read(`update slots set capacity = 2 where id = 'a'`)
  await append(rivals(2, 'a'))
  await decideAll(decideNext)
  expect(await storedStatuses()).toEqual(['booked', 'rejected', 'booked', 'rejected'])
  await read(`update slots set capacity = 5 where id = 'b'`)
  await append(rivals(1, 'b'))
  await decideAll(decideNext)
  await read(`update slots set blocked = true where id = 'b'`)
  await append(rivals(1, 'b'))
  await decideAll(decideNext)
  expect((await storedStatuses()).slice(4)).toEqual(['booked', 'rejected'])
  expect(await read('select id, booked from slots order by id')).toEqual([
    { id: 'a', booked: 2 },
    { id: 'b', booked: 1 },
  ])
})

test('what one transaction took the next remembers: none takes what is gone, fails and is tried again', async () => {
  await giveSlots({ a: 2, b: 2 })
  const warnings: string[] = []
  const log = createLogger('warn', 'test', { write: (line) => void warnings.push(line) })
  const decideNext = newAllocator('first', log)
  const either = [{ locationIds: ['east'], from: '2026-12-01', to: '2026-12-01' }]
  for (let batch = 0; batch < 6; batch += 1) {
    await append([ask(either)])
    await decideNext(campaign)
  }
  expect(await storedStatuses()).toEqual([...Array(4).fill('booked'), ...Array(2).fill('rejected')])
  expect(warnings).toEqual([])
  await expectSound()
})

test('seats of a transaction that was rolled back are not remembered as taken', async () => {
  await giveSlots({ only: 1 })
  const decideNext = newAllocator()
  await append(rivals(1, 'only'))
  // The first try of the transaction fails at its very end, and only that one.
  await openPool(null).query(`
    create sequence tries; grant usage on tries to junban_allocator; grant select on tries to junban_operator;
    create function fail_once() returns trigger language plpgsql as $$ begin
      if nextval('tries') = 1 then raise exception using errcode = '23514', constraint = 'just_once'; end if;
      return null;
    end $$;
    create constraint trigger fails_once after insert on decisions deferrable initially deferred
      for each row execute function fail_once()`)
  const decisions = await decideAll(decideNext)
  expect(decisions.map(({ decision }) => decision.status)).toEqual(['booked'])
  expect(await read('select last_value::int from tries')).toEqual([{ last_value: 2 }])
  expect(await read('select booked from slots')).toEqual([{ booked: 1 }])
})

test('a request that cannot be committed is set aside alone, and the others are decided', async () => {
  await giveSlots({ only: 50 })
  const asked = rivals(20, 'only')
  await append(asked)
  await openPool(null).query(`alter table reservations add constraint not_this_one check (id <> '${asked[13]!.id}')`)
  await decideAll(newAllocator())
  expect(await read('select request_id, number::int, place, settled_at from set_aside')).toEqual([
    { request_id: asked[13]!.id, number: 14, place: 13, settled_at: null },
  ])
  expect(await read('select request_id from decisions order by number')).toEqual(
    asked.toSpliced(13, 1).map(({ id }) => ({ request_id: id })),
  )
  expect(await served()).toBe(20)
  expect(await read('select paused_at from writers')).toEqual([{ paused_at: null }])
  await expectSound()
})

test('a batch in the log that cannot be read is set aside request by request, then allocation pauses', async () => {
  await giveSlots({ only: 50 })
  const good = rivals(1, 'only')
  await append(rivals(5, 'only'))
  await append(good)
  const owner = openPool(null)
  await owner.query('alter table batches no force row level security')
  await owner.query(`update batches set requests = '[{"from":"another version"}]' where first_number = 1`)
  const decideNext = newAllocator()
  expect(await decideAll(decideNext)).toEqual([])
  expect(await read('select number::int from set_aside order by number')).toEqual(
    [1, 2, 3].map((number) => ({ number })),
  )
  expect((await read('select paused_reason from writers'))[0]!.paused_reason).toMatch(/3 requests in a row/)
  await read('update writers set paused_at = null, paused_reason = null')
  await decideAll(decideNext)
  await read('update writers set paused_at = null, paused_reason = null')
  await decideAll(decideNext)
  expect(await read('select id, status from reservations')).toEqual([{ id: good[0]!.id, status: 'booked' }])
})

test('a paused campaign is not decided; resumed, it goes on where it stopped', async () => {
  await giveSlots({ only: 5 })
  const decideNext = newAllocator()
  await append(rivals(1, 'only'))
  await read(`update writers set paused_at = now(), paused_reason = 'a test'`)
  expect(await decideNext(campaign)).toBeNull()
  expect(await served()).toBe(0)
  expect(await storedStatuses()).toEqual([])
  await read('update writers set paused_at = null, paused_reason = null')
  expect((await decideNext(campaign))?.servingNumber).toBe(1)
  expect(await storedStatuses()).toEqual(['booked'])
})

test('an unknown campaign, and one with nothing waiting, are nothing to decide', async () => {
  const decideNext = newAllocator()
  expect(await decideNext('unknown')).toBeNull()
  expect(await decideNext(campaign)).toBeNull()
})

test('an allocator that holds a campaign frozen is ended, and another goes on within 5 seconds', async () => {
  await giveSlots({ only: 5 })
  await append(rivals(1, 'only'))
  const frozen = await openPool('junban_allocator').connect()
  const ended = new Promise<Error>((resolve) => frozen.once('error', resolve))
  await frozen.query('begin')
  await frozen.query(`select from campaigns where id = '${campaign}' for no key update`)
  // Frozen while reading: active, not idle, so no timeout of the session's own ends it.
  const reading = frozen.query('select pg_sleep(60)').catch((err: Error) => err)
  const start = performance.now()
  expect((await newAllocator('second')(campaign))?.servingNumber).toBe(1)
  expect(performance.now() - start).toBeLessThan(5_000)
  expect(await reading).toBeInstanceOf(Error)
  frozen.release(await ended)
})

import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { ask, decidingDatabase, rivals } from '../../test/setup/deciding.ts'
import { testLog } from '../../test/setup/operator-database.ts'
import type { BookRequest, QueuedRequest } from '../domain/batch.ts'
import { createLogger } from '../logger.ts'
import type { Pool } from '../postgres/pool.ts'
import { createDecideNext, type DecideNext } from './decide-next.ts'
import { createKnown } from './known.ts'

const campaign = 'medics'
type Database = Awaited<ReturnType<typeof decidingDatabase>>
let append: Database['append']
let decideAll: Database['decideAll']
let giveSlots: Database['giveSlots']
let newAllocator: Database['newAllocator']
let openPool: Database['openPool']
let read: Database['read']
beforeEach(async () => {
  ;({ append, decideAll, giveSlots, newAllocator, openPool, read } = await decidingDatabase())
})

/** What `self` has decided, as it is told of it. */
const decided = (requests: BookRequest[]) => requests.map((request) => ({ request }))

const newKnown = (pool: Pool, log = testLog) => createKnown({ pool, campaign, allocator: 'self', log })
const someId = () => randomUUID()
const leftBy = (allocator: string, servingNumber: number) => ({
  allocator,
  lanes: [{ lane: 'web' as const, servingNumber, acceptedNumber: 10 }],
})

test('what was decided before is read page by page: ids of all bookings, and vouchers that are live', async () => {
  const owner = openPool(null)
  await owner.query(`
    alter table reservations no force row level security;
    create temporary table made as
      select md5('id' || n)::uuid as id, decode(md5('voucher' || n), 'hex') as voucher_key, n,
             case n % 3 when 0 then 'rejected' else 'booked' end as status
        from generate_series(1, 40000) n;
    insert into decisions (request_id, reservation_id, campaign_id, lane, number, kind, outcome, decided_at)
      select id, id, '${campaign}', case n % 2 when 0 then 'agent' else 'web' end, n, 'book', status, now() from made;
    insert into reservations (id, campaign_id, lane, queue_number, voucher_key, status, reason, waitlist, box, accepted_at, decided_at)
      select id, '${campaign}', 'web', n, voucher_key, status, case status when 'rejected' then 'sold-out' end, false, '', now(), now() from made`)
  const made = (await owner.query(`select id, encode(voucher_key, 'hex') as key, status from made`)).rows
  const known = newKnown(openPool('junban_allocator'))
  expect(known.mayHold(someId())).toBe(true)

  const mine = ask([])
  known.learn(decided([mine]), 1)
  await expect.poll(() => known.mayHold(someId())).toBe(false)
  expect(made.filter(({ id }) => !known.mayHold(id))).toEqual([])
  expect(made.filter(({ key, status }) => known.mayHold(key) !== (status === 'booked'))).toEqual([])
  expect([mine.id, mine.voucherKey].map(known.mayHold)).toEqual([true, true])
})

test('nothing is known any more once another has decided, the lanes stand elsewhere, or a transaction has failed', async () => {
  const known = newKnown(openPool('junban_allocator'))
  const knowing = async () => {
    known.learn(decided(rivals(1, 'only')), 1)
    await expect.poll(() => known.mayHold(someId())).toBe(false)
  }
  await knowing()
  known.see(leftBy('self', 1))
  expect(known.mayHold(someId())).toBe(false)
  known.see(leftBy('another', 1))
  expect(known.mayHold(someId())).toBe(true)
  await knowing()
  // A database restored from a backup, or a hand in it.
  known.see(leftBy('self', 0))
  expect(known.mayHold(someId())).toBe(true)
  await knowing()
  known.forget()
  expect(known.mayHold(someId())).toBe(true)
  await knowing()
})

test('what another has decided while it was read is not thought to be known', async () => {
  const pool = openPool('junban_allocator')
  const owner = openPool(null)
  const known = newKnown(pool)
  const holder = await owner.connect()
  await holder.query('begin; lock table decisions in access exclusive mode')
  known.learn(decided(rivals(1, 'only')), 1)
  // In this database, and not the session that asks: what is looked for is not written as it is.
  const reading = `select from pg_stat_activity where datname = current_database() and query ~ 'order by lane[,] number' and`
  await expect.poll(async () => (await owner.query(`${reading} wait_event_type = 'Lock'`)).rowCount).toBe(1)
  known.see(leftBy('another', 1))
  await holder.query('commit')
  holder.release()
  // The reading ends; it was of what another has added to since.
  await expect.poll(async () => (await owner.query(`${reading} state = 'idle'`)).rowCount).toBe(1)
  await pool.query('select')
  expect(known.mayHold(someId())).toBe(true)
})

test('who has decided little of a campaign reads nothing of it', async () => {
  const pool = openPool('junban_allocator')
  const known = newKnown(pool)
  known.learn(decided(rivals(9, 'only')), 100)
  expect(pool.totalCount).toBe(0)
  known.learn(decided(rivals(1, 'only')), 101)
  expect(pool.totalCount).toBe(0)
  known.learn(decided(rivals(1, 'only')), 102)
  expect(pool.totalCount).toBe(1)
  await expect.poll(() => known.mayHold(someId())).toBe(false)
})

test('what cannot be read is read another time', async () => {
  const said: string[] = []
  const known = newKnown(
    openPool('junban_allocator'),
    createLogger('warn', 'test', { write: (line) => void said.push(line) }),
  )
  const owner = openPool(null)
  await owner.query('revoke select on decisions from junban_allocator')
  known.learn(decided(rivals(1, 'only')), 1)
  await expect.poll(() => said.join()).toMatch(/could not be read/)
  expect(known.mayHold(someId())).toBe(true)
  await owner.query('grant select on decisions to junban_allocator')
  known.learn(decided(rivals(1, 'only')), 1)
  await expect.poll(() => known.mayHold(someId())).toBe(false)
})

/** An allocator that tells which statements it has sent, and one that knows what it has decided. */
async function knowingAllocator() {
  const warnings: string[] = []
  const log = createLogger('warn', 'test', { write: (line) => void warnings.push(line) })
  const pool = openPool('junban_allocator')
  let names: (string | undefined)[] = []
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    client.query = ((...args: [{ name?: string }]) => {
      names.push(args[0].name)
      return query(...args)
    }) as typeof client.query
  })
  const decideNext: DecideNext = createDecideNext({
    pool,
    helpPool: openPool('junban_allocator'),
    allocator: 'knowing',
    log,
  })
  const lookedUp = () =>
    names.filter((name) => name === 'reservations.read_booked' || name === 'reservations.read_live_vouchers')
  const decide = async (...requests: QueuedRequest[]) => {
    names = []
    await append(requests)
    return decideAll(decideNext)
  }
  await expect
    .poll(async () => {
      await decide(...rivals(2, 'only'))
      return lookedUp()
    })
    .toEqual([])
  return { decide, lookedUp, warnings }
}

test('an allocator that knows what was decided looks up those alone who may have been', async () => {
  await giveSlots({ only: 1_000 })
  const { decide, lookedUp, warnings } = await knowingAllocator()
  const first = ask([{ slotId: 'only' }])
  expect(await decide(first)).toHaveLength(1)
  expect(lookedUp()).toEqual([])

  expect(await decide(ask([{ slotId: 'only' }]), first)).toHaveLength(1)
  expect(lookedUp()).toEqual(['reservations.read_booked', 'reservations.read_live_vouchers'])

  const again = { ...first, id: randomUUID() }
  expect((await decide(again)).map(({ decision }) => decision.reason)).toEqual(['voucher-used'])
  expect(lookedUp()).toEqual(['reservations.read_live_vouchers'])
  expect(warnings).toEqual([])
})

test('what another allocator has decided meanwhile is not decided again', async () => {
  await giveSlots({ only: 1_000 })
  const { decide, warnings } = await knowingAllocator()
  const theirs = ask([{ slotId: 'only' }])
  await append([theirs])
  await decideAll(newAllocator('another'))
  expect(await decide(theirs)).toEqual([])
  expect((await decide({ ...theirs, id: randomUUID() })).map(({ decision }) => decision.reason)).toEqual([
    'voucher-used',
  ])
  expect(warnings).toEqual([])
})

test('what was booked unseen is found by its keys: the transaction is tried again, and nobody is set aside', async () => {
  await giveSlots({ only: 1_000 })
  const { decide, lookedUp, warnings } = await knowingAllocator()
  const unseen = ask([{ slotId: 'only' }])
  const owner = openPool(null)
  await owner.query('alter table reservations no force row level security')
  await owner.query(
    `insert into reservations (id, campaign_id, lane, queue_number, voucher_key, status, waitlist, box, accepted_at, decided_at)
     values ($1, $2, 'web', 999999, decode($3, 'hex'), 'booked', false, '', now(), now())`,
    [unseen.id, campaign, unseen.voucherKey],
  )
  const other = ask([{ slotId: 'only' }])
  const again = { ...unseen, id: randomUUID() }
  expect((await decide(unseen, again, other)).map(({ request, decision }) => [request.id, decision.reason])).toEqual([
    [again.id, 'voucher-used'],
    [other.id, null],
  ])
  expect(warnings).toHaveLength(1)
  expect(lookedUp()).toEqual(['reservations.read_booked', 'reservations.read_live_vouchers'])
  expect(await read('select from set_aside')).toEqual([])
})

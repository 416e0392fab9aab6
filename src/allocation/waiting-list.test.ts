import { beforeEach, expect, test } from 'vitest'
import { ask, cancel, decidingDatabase, move } from '../../test/setup/deciding.ts'
import type { Choice } from '../domain/choice.ts'
import { readReservations } from '../postgres/reservations.ts'
import { readLineStats } from '../postgres/waitlist.ts'
import { viewLineWait } from '../status/line.ts'
import type { DecideNext } from './decide-next.ts'

let database: Awaited<ReturnType<typeof decidingDatabase>>
let decideNext: DecideNext
beforeEach(async () => {
  database = await decidingDatabase()
  decideNext = database.newAllocator()
})

const decide = (allocator = decideNext) => database.decideAll(allocator)
const anywhere: Choice = { locationIds: ['east'], from: '2026-12-01', to: '2026-12-02' }
const waiting = (...choices: (string | Choice)[]) =>
  ask(
    choices.map((choice) => (typeof choice === 'string' ? { slotId: choice } : choice)),
    { waitlist: true, notify: true },
  )
async function standing(...requests: { id: string }[]) {
  const found = await readReservations(
    database.api,
    requests.map(({ id }) => id),
  )
  return requests.map(({ id }) => {
    const { status, appointments, place } = found.get(id)!
    return place ?? (appointments.map(({ slotId }) => slotId).join() || status)
  })
}

test('who opted in waits in the order of the decisions, over all lanes, and a seat given back is the first’s in the same transaction', async () => {
  const { giveSlots, append, read } = database
  await giveSlots({ a: 1, b: 1 })
  const [one, two] = [ask([{ slotId: 'a' }]), ask([{ slotId: 'b' }])]
  await append([one, two, ask([{ slotId: 'a' }])])
  await decide()
  expect(await database.storedStatuses()).toEqual(['booked', 'booked', 'rejected'])
  const web = [waiting('b'), waiting('a')] as const
  const agent = waiting('a', 'b')
  const institution = waiting(anywhere)
  await append([web[0]])
  await decide()
  await append([agent], 'agent')
  await append([institution], 'institution')
  await append([web[1]])
  await decide()
  // In turns, agent first.
  expect(await standing(web[0], agent, institution, web[1])).toEqual([1, 2, 3, 4])

  await append([cancel(one)])
  expect((await decideNext('medics'))?.changed).toHaveLength(2)
  expect(await standing(one, web[0], agent, institution, web[1])).toEqual(['cancelled', 1, 'a', 3, 4])
  expect(await read('select id, booked from slots order by id')).toEqual([
    { id: 'a', booked: 1 },
    { id: 'b', booked: 1 },
  ])
  expect(await read(`select event from outbox where reservation_id = '${agent.id}' order by id`)).toEqual([
    { event: 'waitlisted' },
    { event: 'booked' },
  ])
  await append([cancel(web[0]), cancel(two)])
  await decide()
  expect(await standing(web[0], institution, web[1])).toEqual(['cancelled', 'b', 4])
})

test('what one allocator put in line another serves, and forgets who has left', async () => {
  const { giveSlots, append, newAllocator } = database
  await giveSlots({ a: 1 })
  const other = newAllocator('other')
  const holder = ask([{ slotId: 'a' }])
  const line = [waiting('a'), waiting('a'), waiting('a'), waiting('a')] as const
  await append([holder, line[0]])
  await decide()
  await append([line[1]])
  await decide(other)
  await append([line[2], cancel(line[0])])
  await decide()
  await append([cancel(holder)])
  await decide(other)
  expect(await standing(holder, ...line.slice(0, 3))).toEqual(['cancelled', 'cancelled', 'a', 3])
  await append([line[3], cancel(line[1])])
  await decide()
  expect(await standing(...line.slice(1))).toEqual(['cancelled', 'a', 4])
})

test('in line, to move is to want something else: a seat if there is one, and else the same place', async () => {
  const { giveSlots, append } = database
  await giveSlots({ a: 1, b: 1, c: 1 })
  const holders = [ask([{ slotId: 'a' }]), ask([{ slotId: 'b' }])] as const
  const [first, second, third] = [waiting('a'), waiting('b'), waiting('b')]
  await append([...holders, first, second, third])
  await append([move(first, 'b'), move(third, 'c')])
  await decide()
  expect(await standing(first, second, third)).toEqual([1, 2, 'c'])
  await append([cancel(holders[1]), cancel(holders[0])])
  await decide()
  expect(await standing(first, second)).toEqual(['b', 2])
  expect(await database.read(`select booked from slots where id = 'a'`)).toEqual([{ booked: 0 }])
})

test('a move gives the old seat to the line; who waits keeps others of the same voucher out, and out of line it can book again', async () => {
  const { giveSlots, append } = database
  await giveSlots({ a: 1, b: 1 })
  const holder = ask([{ slotId: 'a' }])
  const first = waiting('a')
  const again = { ...ask([{ slotId: 'b' }]), voucherKey: first.voucherKey }
  await append([holder, first, again])
  await decide()
  expect(await standing(again)).toEqual(['rejected'])
  await append([move(holder, 'b')])
  await decide()
  expect(await standing(holder, first)).toEqual(['b', 'a'])
})

test('slots that somebody else opened are offered to the line before anybody else', async () => {
  const { giveSlots, append, read } = database
  await giveSlots({ a: 1, b: 0 })
  const [holder, first] = [ask([{ slotId: 'a' }]), waiting(anywhere)]
  await append([holder, first])
  await decide()
  await read(`update slots set capacity = 1 where id = 'b'`)
  const rival = ask([{ slotId: 'b' }])
  await append([rival])
  await decide()
  expect(await standing(first, rival)).toEqual(['b', 'rejected'])
})

test('how long somebody waits is what can be known: who is ahead, and odds once seats have come', async () => {
  const { giveSlots, append, api } = database
  await giveSlots({ a: 2 })
  const holders = [ask([{ slotId: 'a' }]), ask([{ slotId: 'a' }])] as const
  const line = Array.from({ length: 5 }, () => waiting('a'))
  await append([...holders, ...line])
  await decide()
  const stats = async () => readLineStats(api, 'medics')
  expect(viewLineWait(await stats(), 4)).toEqual({ ahead: 3, p50Seconds: null, p90Seconds: null, odds: null })
  await append([cancel(holders[0])])
  await decide()
  expect(await stats()).toMatchObject({ places: [2, 3, 4, 5], given: 1 })
  expect(
    viewLineWait({ places: [2, 3, 4, 5], given: 2, givenSeconds: 100, lastStartsAt: 1_000_000, now: 0 }, 4),
  ).toEqual({
    ahead: 2,
    p50Seconds: 150,
    p90Seconds: 300,
    odds: 1,
  })
  expect(viewLineWait({ places: [2, 3, 4, 5], given: 2, givenSeconds: 100, lastStartsAt: 100_000, now: 0 }, 4)).toEqual(
    {
      ahead: 2,
      p50Seconds: null,
      p90Seconds: null,
      odds: 0.67,
    },
  )
})

test('with 100,000 in line, 500 cancellations and the seats that they free are one short transaction', async ({
  annotate,
}) => {
  const { giveSlots, append, openPool } = database
  await giveSlots(Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`s${n}`, 20])))
  const holders = Array.from({ length: 1_200 }, (_, n) => ask([{ slotId: `s${n % 60}` }]))
  for (let at = 0; at < 1_200; at += 500) await append(holders.slice(at, at + 500))
  await decide()
  const owner = openPool(null)
  await owner.query('alter table reservations no force row level security')
  // Each wants three slots, or any of some days; the wishes are many.
  await owner.query(`
    insert into reservations (id, campaign_id, lane, queue_number, voucher_key, status, choices, waitlist, box, accepted_at, decided_at,
                              waitlist_place, waitlist_revision)
    select gen_random_uuid(), 'medics', 'web', 10000 + n, decode(lpad(to_hex(n + 1000000), 32, '0'), 'hex'), 'waitlisted',
           case when n % 3 = 0 then format('[{"locationIds":["east"],"from":"2026-12-0%s","to":"2026-12-0%s"}]', 1 + n % 2, 3 + n % 5)
                else format('[{"slotId":"s%s"},{"slotId":"s%s"},{"slotId":"s%s"}]', n % 60, (n * 7) % 60, (n * 11) % 60) end::jsonb,
           true, '\\x00', now(), now(), n, 1
      from generate_series(1, 100000) n`)
  await owner.query('update writers set waitlist_revision = 1')
  await append([cancel(holders[0]!)])
  const timed = async () => {
    const before = performance.now()
    await decideNext('medics')
    return Math.round(performance.now() - before)
  }
  const first = await timed()
  await append(holders.slice(1, 501).map(cancel))
  const storm = await timed()
  await annotate(`the line read: ${first} ms; 500 cancelled and 500 seats given: ${storm} ms`)
  expect(
    await database.read(
      `select status, count(*)::int from reservations where queue_number <= 1200 or status = 'booked' group by 1 order by 1`,
    ),
  ).toEqual([
    { status: 'booked', count: 1_200 },
    { status: 'cancelled', count: 501 },
  ])
  expect(storm).toBeLessThan(1_000)
})

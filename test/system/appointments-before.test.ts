import { randomUUID } from 'node:crypto'
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { migrate } from '#src/postgres/migrate.ts'
import { testLog } from '../setup/operator-database.ts'
import { emptyDatabase } from '../setup/stores.ts'
import { makeTestDir, removeTestDir } from '../setup/test-dir.ts'
import { until } from './until.ts'

const top = join(import.meta.dirname, '../..')
/** Before the appointments are moved: their column is there already, by a step of its own. */
const before = '0013'

/** The statements of the version that kept appointments as rows of their own. */
const insertReservations = `
  insert into reservations (id, campaign_id, lane, queue_number, voucher_key, status, reason, waitlist, accepted_at, decided_at)
  select id, 'medics', 'web', 1, uuid_send(id), status, case status when 'rejected' then 'sold-out' end, false, now(), now()
    from unnest($1::uuid[], $2::text[]) as new (id, status)`
const insertAppointments = `
  insert into appointments (campaign_id, reservation_id, dose, slot_id)
  select 'medics', new.* from unnest($1::uuid[], $2::smallint[], $3::text[]) as new (reservation_id, dose, slot_id) order by slot_id`
const updateStandings = `
  with gone as (
    delete from appointments where reservation_id = any($1::uuid[])
  )
  update reservations set status = changed.status, changed_at = clock_timestamp()
    from unnest($1::uuid[], $2::text[]) as changed (id, status)
   where reservations.id = changed.id`
const readSeats = `
  select status, (select json_agg(slot_id order by dose) from appointments where reservation_id = reservations.id) as seats
    from reservations where id = $1`

/** A database as that version's migrations left it, with slots a to d, and a client of its allocator's role. */
async function databaseBefore() {
  const { url } = await emptyDatabase()
  const dir = makeTestDir()
  onTestFinished(() => removeTestDir(dir))
  for (const name of readdirSync(join(top, 'migrations')))
    if (name < before) cpSync(join(top, 'migrations', name), join(dir, name))
  await migrate(url, testLog, dir)
  const allocator = new pg.Client({ connectionString: url })
  await allocator.connect()
  onTestFinished(() => allocator.end())
  await allocator.query(`
    insert into campaigns (id, name, time_zone, opens_at, closes_at, voucher_pattern)
    values ('medics', '{"en":"Medics"}', 'Asia/Tokyo', now(), now() + interval '1 day', '^x$');
    insert into locations (campaign_id, id, name) values ('medics', 'east', 'East');
    insert into schedules (campaign_id, id, location_id) values ('medics', 'east', 'east');
    insert into slots (campaign_id, id, schedule_id, location_id, starts_at, ends_at, capacity)
    select 'medics', id, 'east', 'east', now(), now() + interval '1 hour', 5 from unnest(array['a', 'b', 'c', 'd']) id;
    set role junban_allocator`)
  const seatsOf = async (id: string) => (await allocator.query(readSeats, [id])).rows[0]
  return { url, allocator, seatsOf }
}

test('appointments that were rows of their own are in their reservations after the migration, dose by dose', async () => {
  const { url, allocator, seatsOf } = await databaseBefore()
  const [one, two, none] = [randomUUID(), randomUUID(), randomUUID()]
  await allocator.query(insertReservations, [
    [one, two, none],
    ['booked', 'booked', 'rejected'],
  ])
  await allocator.query(insertAppointments, [
    [two, one, two],
    [2, 1, 1],
    ['a', 'c', 'b'],
  ])
  await migrate(url, testLog)
  const { rows } = await allocator.query('select id, slot_ids from reservations')
  expect(new Map(rows.map((row) => [row.id, row.slot_ids]))).toEqual(
    new Map([
      [one, ['c']],
      [two, ['b', 'a']],
      [none, null],
    ]),
  )
  expect(await seatsOf(two)).toEqual({ status: 'booked', seats: ['b', 'a'] })
})

test('who decides while it is migrated ends first, whatever was read before; who comes later decides on the new tables', async () => {
  const { url, allocator, seatsOf } = await databaseBefore()
  const [first, second] = [randomUUID(), randomUUID()]
  await allocator.query('begin; select from campaigns for no key update')
  expect(await seatsOf(first)).toBeUndefined()
  const migrated = migrate(url, testLog)
  await until('the migration waits', async () => {
    const { rows } = await allocator.query(
      `select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())`,
    )
    return rows.length > 0
  })
  await allocator.query(insertReservations, [[first], ['booked']])
  await allocator.query(insertAppointments, [[first], [1], ['a']])
  await allocator.query('commit')
  await allocator.query('begin; select from campaigns for no key update')
  await allocator.query(insertReservations, [[second], ['booked']])
  await allocator.query(insertAppointments, [[second], [1], ['b']])
  await allocator.query('commit')
  await migrated
  expect([await seatsOf(first), await seatsOf(second)]).toEqual([
    { status: 'booked', seats: ['a'] },
    { status: 'booked', seats: ['b'] },
  ])
})

test('what the previous version writes on the new tables is kept, moved, and given up', async () => {
  const { url, allocator, seatsOf } = await databaseBefore()
  // Prepared before, as its sessions have them.
  const write = (name: string, text: string, values: unknown[][]) => allocator.query({ name, text, values })
  const [series, single] = [randomUUID(), randomUUID()]
  await write('reserve', insertReservations, [[randomUUID()], ['booked']])
  await write('appoint', insertAppointments, [[], [], []])
  await write('stand', updateStandings, [[], []])
  await migrate(url, testLog)

  await write('reserve', insertReservations, [
    [series, single],
    ['booked', 'booked'],
  ])
  await write('appoint', insertAppointments, [
    [series, single, series, series],
    [3, 1, 1, 2],
    ['a', 'c', 'b', 'd'],
  ])
  expect([await seatsOf(series), await seatsOf(single)]).toEqual([
    { status: 'booked', seats: ['b', 'd', 'a'] },
    { status: 'booked', seats: ['c'] },
  ])

  // One is moved, the other cancelled.
  await write('stand', updateStandings, [
    [series, single],
    ['booked', 'cancelled'],
  ])
  await write('appoint', insertAppointments, [
    [series, series, series],
    [1, 2, 3],
    ['d', 'c', 'a'],
  ])
  expect([await seatsOf(series), await seatsOf(single)]).toEqual([
    { status: 'booked', seats: ['d', 'c', 'a'] },
    { status: 'cancelled', seats: null },
  ])
})

test.each([
  ['of no reservation', randomUUID(), 'a', 'appointments_of_a_reservation'],
  ['in no slot', null, 'nowhere', 'appointments_in_a_slot'],
])('what it writes %s is refused as before', async (_, id, slot, constraint) => {
  const { url, allocator } = await databaseBefore()
  const booked = randomUUID()
  await allocator.query(insertReservations, [[booked], ['booked']])
  await migrate(url, testLog)
  await expect(allocator.query(insertAppointments, [[id ?? booked], [1], [slot]])).rejects.toMatchObject({
    code: '23503',
    constraint,
  })
})

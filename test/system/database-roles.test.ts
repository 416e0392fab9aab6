import pg from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../setup/stores.ts'

const insufficientPrivilege = '42501'

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})

/** What a statement answers to a role: its rows' count, or the error's code. */
async function as(role: string, sql: string): Promise<number | string> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    await client.query(`set role ${role}`)
    return (await client.query(sql)).rowCount ?? 0
  } catch (err) {
    return (err as { code: string }).code
  } finally {
    await client.end()
  }
}

const refused = [
  // Who is sealed in them is nobody's business at intake.
  ['junban_api', 'select requests from batches'],
  ['junban_api', 'select * from batches'],
  ['junban_api', 'select box from reservations'],
  ['junban_api', 'select * from reservations'],
  ['junban_api', 'select count(*) from reservations where box is not null'],
  // It accepts and answers; it decides nothing.
  ['junban_api', 'update slots set booked = 0'],
  ['junban_api', 'insert into appointments select'],
  ['junban_api', 'insert into decisions select'],
  ['junban_api', 'insert into vouchers select'],
  ['junban_api', 'update reservations set status = $$booked$$'],
  ['junban_api', 'update batches set requests = null'],
  ['junban_api', 'delete from batches'],
  ['junban_api', 'update writers set paused_at = null'],
  ['junban_api', 'select * from audit'],
  // It decides without knowing who, and for nobody's key.
  ['junban_allocator', 'select * from campaign_keys'],
  ['junban_allocator', 'select * from operators'],
  ['junban_allocator', 'select * from audit'],
  ['junban_allocator', 'update slots set starts_at = now()'],
  ['junban_allocator', 'delete from decisions'],
  ['junban_allocator', 'update decisions set outcome = $$booked$$'],
  ['junban_allocator', 'update batches set requests = null'],
  ['junban_allocator', 'insert into vouchers select'],
  // What operators did stays written, and what was decided stays decided.
  ['junban_operator', 'update audit set operator = $$nobody$$'],
  ['junban_operator', 'delete from audit'],
  ['junban_operator', 'update decisions set outcome = $$booked$$'],
  ['junban_operator', 'delete from reservations'],
] as const

test.each(refused)('%s is refused: %s', async (role, sql) => {
  expect(await as(role, sql)).toBe(insufficientPrivilege)
})

test.each([
  ['junban_api', 'select id, first_number, last_number from batches'],
  ['junban_api', 'select id, status, reason from reservations'],
  ['junban_api', 'select slot_ids from reservations'],
  ['junban_api', 'select * from appointments'],
  ['junban_notifier', 'select * from appointments'],
  ['junban_allocator', 'select * from appointments'],
  ['junban_operator', 'select * from appointments'],
  ['junban_api', 'select * from campaign_keys'],
  ['junban_api', 'select * from operators'],
  ['junban_allocator', 'select requests from batches'],
  ['junban_allocator', 'update slots set booked = booked'],
  ['junban_operator', 'select box from reservations'],
  ['junban_operator', 'select * from audit'],
])('%s is not refused what it needs: %s', async (role, sql) => {
  expect(await as(role, sql)).toBe(0)
})

test('row-level security is forced: even the owner reads no box, and no role passes it by', async () => {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query(
    `select relname as name, relrowsecurity as on, relforcerowsecurity as forced from pg_class
      where relname in ('audit', 'batches', 'reservations') order by relname`,
  )
  expect(rows).toEqual(['audit', 'batches', 'reservations'].map((name) => ({ name, on: true, forced: true })))
  const { rows: roles } = await client.query(
    `select rolname from pg_roles where rolname like 'junban%' and (rolbypassrls or rolsuper)`,
  )
  expect(roles).toEqual([])
  await client.end()
})

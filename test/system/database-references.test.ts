import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../setup/stores.ts'
import { until } from './until.ts'

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
  await asOwner(`
    insert into campaigns (id, name, time_zone, opens_at, closes_at, voucher_pattern)
    values ('medics', '{"en":"Medics"}', 'Asia/Tokyo', now(), now() + interval '1 day', '^x$');
    insert into locations (campaign_id, id, name) values ('medics', 'east', 'East');
    insert into schedules (campaign_id, id, location_id) values ('medics', 'east', 'east');
    insert into slots (campaign_id, id, schedule_id, location_id, starts_at, ends_at, capacity)
    select 'medics', id, 'east', 'east', now(), now() + interval '1 hour', 5 from unnest(array['held', 'spare']) id`)
})

const insertReservations = `
  insert into reservations (id, campaign_id, lane, queue_number, voucher_key, status, waitlist, accepted_at, decided_at, slot_ids)
  select id, 'medics', 'web', 1, uuid_send(id), 'booked', false, now(), now(), string_to_array(slots, ',')
    from unnest($1::uuid[], $2::text[]) as new (id, slots)`

/** Runs one statement as who may do anything. */
async function asOwner(sql: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    return values.length > 0 ? await client.query(sql, values) : await client.query(sql)
  } finally {
    await client.end()
  }
}

/** Runs work as an allocator does: its role, under the campaign's lock, in one transaction. */
async function deciding(work: (client: pg.Client) => Promise<unknown>) {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    await client.query('set role junban_allocator; begin; select from campaigns for no key update')
    await work(client)
    await client.query('commit')
  } finally {
    await client.end()
  }
}

/** Books a seat in a slot, and returns the reservation's id. */
async function book(client: pg.Client, slot: string): Promise<string> {
  const id = randomUUID()
  await client.query(insertReservations, [[id], [slot]])
  await client.query('update slots set booked = booked + 1 where id = $1', [slot])
  return id
}

const refusal = (constraint: string) => ({ code: '23503', constraint })

test.each(['nowhere', 'spare,nowhere', 'nowhere,spare'])('an appointment in no slot is refused: %s', async (slots) => {
  await expect(deciding((client) => book(client, slots))).rejects.toMatchObject(refusal('appointments_in_a_slot'))
})

test('an appointment is not moved to a slot that there is not', async () => {
  let id = ''
  await deciding(async (client) => {
    id = await book(client, 'held')
  })
  await expect(asOwner(`update reservations set slot_ids = '{nowhere}' where id = $1`, [id])).rejects.toMatchObject(
    refusal('appointments_in_a_slot'),
  )
})

test('one wrong row among many refuses them all', async () => {
  const ids = Array.from({ length: 100 }, () => randomUUID())
  await expect(
    deciding((client) =>
      client.query(insertReservations, [ids, ids.map((_, at) => (at === 57 ? 'nowhere' : 'spare'))]),
    ),
  ).rejects.toMatchObject(refusal('appointments_in_a_slot'))
  const { rowCount } = await asOwner('select from reservations where id = any($1)', [ids])
  expect(rowCount).toBe(0)
})

test('a slot that has appointments is neither deleted nor given another key, and who has them is not deleted', async () => {
  await deciding((client) => book(client, 'held'))
  for (const sql of [`delete from slots where id = 'held'`, `update slots set id = 'other' where id = 'held'`])
    await expect(asOwner(sql), sql).rejects.toMatchObject(refusal('appointments_in_a_slot'))
  await expect(asOwner('delete from reservations')).rejects.toMatchObject(refusal('appointments_of_a_reservation'))
})

test('who deletes a slot waits for whoever decides, and sees what was booked meanwhile', async () => {
  const deleter = new pg.Client({ connectionString: database.url })
  await deleter.connect()
  const deleted: Promise<unknown>[] = []
  await deciding(async (client) => {
    await book(client, 'spare')
    deleted.push(deleter.query(`delete from slots where id = 'spare'`).catch((err) => err))
    await until('the deletion waits', async () => {
      const { rows } = await asOwner(`select from pg_stat_activity where wait_event_type = 'Lock'`)
      return rows.length > 0
    })
  })
  expect(await deleted[0]).toMatchObject(refusal('appointments_in_a_slot'))
  await deleter.end()
})

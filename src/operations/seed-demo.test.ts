import { expect, test } from 'vitest'
import { operatorDatabase, testKeys, testLog } from '../../test/setup/operator-database.ts'
import { freshDatabase } from '../../test/setup/stores.ts'
import { createPool } from '../postgres/pool.ts'
import { hashOperatorKey } from '../privacy/operator-keys.ts'
import { seedDemo } from './seed-demo.ts'

test('three starts at once on an empty database: one demo, one key, and none the next time', async () => {
  const { url: databaseUrl } = await freshDatabase()
  const seed = () => seedDemo({ databaseUrl, keys: testKeys, log: testLog })
  const seeded = (await Promise.all([seed(), seed(), seed()])).filter((result) => result !== null)
  expect(seeded).toHaveLength(1)
  expect(await seed()).toBeNull()

  const pool = createPool({ url: databaseUrl, role: 'junban_operator', name: 'test', log: testLog })
  try {
    const { rows } = await pool.query(`
      select (select count(*) from campaigns where opens_at < now() and closes_at > now() + interval '300 days') as campaigns,
             (select count(*) from locations) as locations, count(*) as slots, sum(capacity) as seats,
             count(distinct (starts_at at time zone 'Asia/Tokyo')::date) as days,
             min((starts_at at time zone 'Asia/Tokyo')::date) - (now() at time zone 'Asia/Tokyo')::date as first_day,
             min((starts_at at time zone 'Asia/Tokyo')::time)::text as opens, max((ends_at at time zone 'Asia/Tokyo')::time)::text as closes
        from slots`)
    expect(rows).toEqual([
      {
        campaigns: 1,
        locations: 10,
        slots: 2_240,
        seats: 22_400,
        days: 14,
        first_day: 1,
        opens: '09:00:00',
        closes: '17:00:00',
      },
    ])
    const operators = await pool.query('select role, key_hash from operators')
    expect(operators.rows).toEqual([{ role: 'admin', key_hash: hashOperatorKey(seeded[0]!.adminKey) }])
  } finally {
    await pool.end()
  }
})

test('a database with a campaign is left alone', async () => {
  const { url, read } = await operatorDatabase()
  expect(await seedDemo({ databaseUrl: url, keys: testKeys, log: testLog })).toBeNull()
  expect(await read('select id from campaigns')).toEqual([{ id: 'medics' }])
  expect(await read('select from operators')).toEqual([])
})

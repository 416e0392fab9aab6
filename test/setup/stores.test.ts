import { Redis } from 'ioredis'
import pg from 'pg'
import { expect, test } from 'vitest'
import { freshDatabase, freshRedis } from './stores.ts'

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 })
  try {
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}

test('every fresh database is migrated, empty, durable and a stranger to the others', async () => {
  const [one, other] = await Promise.all([freshDatabase(), freshDatabase()])
  await query(one.url, `create table mine ()`)
  expect(
    await query(other.url, `select to_regclass('mine') as mine, (select count(*)::int from batches) as batches`),
  ).toEqual([{ mine: null, batches: 0 }])
  expect(await query(one.url, 'show fsync')).toEqual([{ fsync: 'on' }])
  expect(await query(one.url, 'show synchronous_commit')).toEqual([{ synchronous_commit: 'on' }])
})

test('a login that is no superuser takes every role of Junban', async () => {
  const { url } = await freshDatabase()
  expect(await query(url, 'select rolsuper from pg_roles where rolname = current_user')).toEqual([{ rolsuper: false }])
  for (const role of ['junban_api', 'junban_allocator', 'junban_operator'])
    expect(await query(`${url}?options=${encodeURIComponent(`-c role=${role}`)}`, 'select current_user as me')).toEqual(
      [{ me: role }],
    )
})

test('a fresh redis keeps what it acknowledged when it is killed', async () => {
  const redis = await freshRedis()
  await ask(redis.url, (client) => client.set('kept', 'yes'))
  await redis.kill()
  await redis.restart()
  expect(await ask(redis.url, (client) => client.get('kept'))).toBe('yes')
  expect(await ask(redis.url, (client) => client.config('GET', 'append*'))).toEqual(
    expect.arrayContaining(['appendonly', 'yes', 'appendfsync', 'always']),
  )
})

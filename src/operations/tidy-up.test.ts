import { randomUUID } from 'node:crypto'
import { Queue } from 'bullmq'
import { expect, onTestFinished, test } from 'vitest'
import { connectRedis } from '#src/queue/redis.ts'
import { tidyRedis } from '#src/queue/tidy-redis.ts'
import { decidedPeople, logLines } from '../../test/setup/decided-people.ts'
import { freshRedis } from '../../test/setup/stores.ts'
import { createTidyUp } from './tidy-up.ts'

async function janitor() {
  const people = await decidedPeople()
  const { lines, log } = logLines()
  const pool = people.as('junban_janitor')
  const allocator = people.as('junban_allocator')
  let number = 0

  /** A batch of one request, decided so many days ago; null: not decided. */
  async function batch(decidedDaysAgo: number | null, { aside }: { aside?: 'open' | 'settled' } = {}) {
    const id = randomUUID()
    number += 1
    await allocator.query(
      `insert into batches (id, campaign_id, lane, first_number, last_number, received_at, accepted_at, redis_away, spooled, requests)
       values ($1, 'medics', 'web', $2, $2, now(), now() - interval '40 days', false, false, '[{"box":"sealed"}]')`,
      [id, number],
    )
    if (decidedDaysAgo === null) return id
    await allocator.query(
      `update lane_progress set serving_number = $1 where campaign_id = 'medics' and lane = 'web'`,
      [number],
    )
    if (aside)
      await people.owner.query(
        `insert into set_aside (request_id, campaign_id, lane, number, batch_id, place, error, settled_at)
         values ($1, 'medics', 'web', $2, $3, 0, 'x', $4)`,
        [randomUUID(), number, id, aside === 'settled' ? new Date(0) : null],
      )
    else
      await allocator.query(
        `insert into decisions (request_id, reservation_id, campaign_id, lane, number, kind, outcome, decided_at)
         values ($1, $1, 'medics', 'web', $2, 'book', 'booked', now() - make_interval(days => $3))`,
        [randomUUID(), number, decidedDaysAgo],
      )
    return id
  }
  const kept = async () => (await people.read('select id from batches where requests is not null')).map(({ id }) => id)
  const tidyUp = (redis: Parameters<typeof createTidyUp>[0]['tidyRedis'] = null) =>
    createTidyUp({ pool, tidyRedis: redis, log })()
  return { ...people, pool, log, lines, batch, kept, tidyUp }
}

test('requests decided long ago are cleared; younger, undecided and set-aside ones are kept', async () => {
  const { batch, kept, tidyUp, read } = await janitor()
  await batch(8)
  const younger = await batch(6)
  const setAside = await batch(30, { aside: 'open' })
  await batch(30, { aside: 'settled' })
  const undecided = await batch(null)
  expect(await tidyUp()).toMatchObject({ batches: 2 })
  expect((await kept()).sort()).toEqual([younger, setAside, undecided].sort())
  expect(await tidyUp()).toMatchObject({ batches: 0 })
  expect(await read('select count(*) from batches')).toEqual([{ count: 5 }])
})

test('outbox rows told long ago are deleted; others, and what was set aside, are kept', async () => {
  const { decide, owner, read, tidyUp } = await janitor()
  for (let n = 0; n < 4; n += 1) await decide({ email: 'a@example.com' })
  await owner.query(`
    update outbox set sent_at = now() - interval '31 days' where id = (select min(id) from outbox);
    update outbox set sent_at = now() - interval '29 days' where id = (select min(id) + 1 from outbox);
    update outbox set set_aside_at = now() - interval '90 days', set_aside_reason = 'x' where id = (select max(id) from outbox)`)
  expect(await tidyUp()).toMatchObject({ notices: 1 })
  expect(await read('select sent_at is not null as sent, set_aside_reason as aside from outbox order by id')).toEqual([
    { sent: true, aside: null },
    { sent: false, aside: null },
    { sent: false, aside: 'x' },
  ])
})

test('completed jobs are removed after their time; waiting and failed ones, and refused batches, stay', async () => {
  const { tidyUp, log, lines } = await janitor()
  const { url } = await freshRedis()
  const redis = connectRedis(url, 'test', log)
  onTestFinished(() => redis.disconnect())
  await new Promise((ready) => redis.once('ready', ready))
  const queue = new Queue('medics.web', { connection: redis, prefix: 'junban' })
  onTestFinished(() => queue.close())
  await queue.add('batch', {}, { jobId: 'waiting' })
  // As BullMQ leaves a job that ended eight days ago, and one that ended just now.
  for (const [id, daysAgo] of [
    ['old', 8],
    ['new', 0],
  ] as const) {
    const at = Date.now() - daysAgo * 86_400_000
    await redis.hset(`junban:medics.web:${id}`, {
      name: 'batch',
      data: '{}',
      timestamp: at,
      finishedOn: at,
    })
    await redis.zadd('junban:medics.web:completed', at, id)
    await redis.hset(`junban:medics.web:failed-${id}`, { name: 'batch', data: '{}', timestamp: at, finishedOn: at })
    await redis.zadd('junban:medics.web:failed', at, `failed-${id}`)
  }
  await redis.hset('junban:refused', 'some-batch', '{}')
  const run = () => tidyUp((campaigns, olderThanMs) => tidyRedis({ redis, campaigns, log }, olderThanMs))
  expect(await run()).toMatchObject({ jobs: 1, refused: 1 })
  expect(await queue.getJobCounts('waiting', 'completed', 'failed')).toEqual({ waiting: 1, completed: 1, failed: 2 })
  expect(await redis.hlen('junban:refused')).toBe(1)
  expect(lines.filter((line) => line.includes('wait in redis'))).toHaveLength(1)
})

test('a Redis that is away keeps nothing from being cleared, and each run is one line of the log', async () => {
  const { batch, tidyUp, lines } = await janitor()
  await batch(8)
  expect(await tidyUp(() => Promise.reject(new Error('away')))).toEqual({
    batches: 1,
    notices: 0,
    recoveries: 0,
    jobs: null,
    refused: null,
  })
  expect(lines.filter((line) => line.includes('tidied up"'))).toHaveLength(1)
})

test('the janitor’s role takes requests away and puts nothing there, and reads no box of a reservation', async () => {
  const { pool, batch, decide } = await janitor()
  await batch(null)
  await decide({ email: 'a@example.com' })
  await expect(pool.query(`update batches set requests = '[]'`)).rejects.toThrow(/row-level security/)
  await expect(pool.query('update batches set last_number = 1')).rejects.toThrow(/permission denied/)
  await expect(pool.query('delete from batches')).rejects.toThrow(/permission denied/)
  await expect(pool.query('select box from reservations')).rejects.toThrow(/permission denied/)
  await expect(pool.query('update outbox set sent_at = now()')).rejects.toThrow(/permission denied/)
})

test('who asked for a lost receipt is forgotten after a day, and the janitor reads nothing of it', async () => {
  const { pool, tidyUp, as } = await janitor()
  await as('junban_api').query(`
    insert into recoveries (campaign_id, fingerprint, voucher_key, box)
    select 'medics', decode(repeat(digit, 16), 'hex'), decode(repeat('00', 16), 'hex'), 'sealed' from unnest(array['01', '02']) digit`)
  await as('junban_api').query(`
    update recoveries set asked_at = now() - interval '25 hours' where fingerprint = decode(repeat('01', 16), 'hex')`)
  expect(await tidyUp()).toMatchObject({ recoveries: 1 })
  expect(await tidyUp()).toMatchObject({ recoveries: 0 })
  await expect(pool.query('select box from recoveries')).rejects.toThrow(/permission denied/)
})

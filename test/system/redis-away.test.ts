import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { bodyOf, bookAccepted } from './book.ts'
import { brokenPromises } from './broken-promises.ts'
import { untilDecided, untilOneDecided } from './decided.ts'
import { longestGap, startLoad } from './load.ts'
import { readStatus, untilRung } from './rung.ts'
import { redisOf, startStack } from './stack.ts'
import { until } from './until.ts'

/** Two bounded waits of 250 ms, and what two cores need beside. */
const gapMs = 2_000

const slots = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`s${n}`, n < 30 ? 20 : 2_000]))
const body = (n: number) => bodyOf(n, `s${n % 40}`)

test('Redis killed and started again under load: all are accepted and decided throughout, in order', async ({
  annotate,
}) => {
  const stack = await startStack({ apis: 2, allocators: 2 })
  const redis = redisOf(stack)
  await stack.addCampaign({ id: 'unpiped', slots })
  const load = startLoad({ apis: stack.apis, campaign: 'unpiped', clients: 20, body })
  const accepted = (count: number) => until(`${count} are accepted`, () => load.ledger.length > count)

  await accepted(300)
  await redis.kill()
  await untilRung(stack.apis, 'redis-away')
  await accepted(load.ledger.length + 300)
  // Decided without Redis: woken by `LISTEN`, and the outcome read from Postgres.
  const meanwhile = await bookAccepted(stack.apis[0]!, 'unpiped', bodyOf(1_000_000, 's39'))
  expect(meanwhile.queueNumber).toEqual(expect.any(Number))
  expect(await untilOneDecided(stack.apis[1]!, meanwhile)).toMatchObject({ status: 'booked' })
  expect((await readStatus(stack.apis[0]!)).rung).toBe('redis-away')

  await redis.restart()
  await untilRung(stack.apis, 'normal')
  await accepted(load.ledger.length + 300)
  const ledger = [meanwhile, ...(await load.stop())]
  await annotate(`longest gap ${Math.round(longestGap(load.ledger))} ms; ${ledger.length} accepted`)
  expect(load.met).toEqual(new Map())
  expect(longestGap(load.ledger)).toBeLessThan(gapMs)

  await untilDecided(stack.apis[0]!, 'unpiped', ledger)
  expect(await brokenPromises(stack, 'unpiped', ledger)).toEqual([])
  expect(await stack.read('select bool_or(redis_away) as away, bool_and(redis_away) as always from batches')).toEqual([
    { away: true, always: false },
  ])
})

test('Redis wiped again and again under load: nothing is lost, doubled or out of order', async () => {
  const stack = await startStack({ apis: 2, allocators: 2 })
  await stack.addCampaign({ id: 'wiped', slots })
  const client = new Redis(redisOf(stack).url)
  const load = startLoad({ apis: stack.apis, campaign: 'wiped', clients: 20, pauseMs: 20, body })
  for (let round = 1; round <= 10; round += 1) {
    const before = load.ledger.length
    await until('100 more are accepted', () => load.ledger.length > before + 100)
    expect(await client.flushall()).toBe('OK')
  }
  const ledger = await load.stop()
  expect(load.met).toEqual(new Map())
  await untilDecided(stack.apis[0]!, 'wiped', ledger)
  expect(await brokenPromises(stack, 'wiped', ledger)).toEqual([])
  expect(await stack.read('select count(*) as decided from decisions')).toEqual([{ decided: ledger.length }])

  // Nor is one whose wake-up was wiped while nobody was there to hear it, with nobody behind it who would wake anybody.
  await Promise.all(stack.allocators.map((allocator) => allocator.kill()))
  const unheard = await bookAccepted(stack.apis[1]!, 'wiped', bodyOf(1_000_000, 's39'))
  await client.flushall()
  client.disconnect()
  await stack.allocators[0]!.restart()
  expect(await untilOneDecided(stack.apis[0]!, unheard)).toMatchObject({ status: 'booked' })
  await untilRung(stack.apis, 'normal')
})

test('without Redis at all it works: woken by LISTEN, each is decided within a second', async ({ annotate }) => {
  const stack = await startStack({ apis: 2, allocators: 2, redis: false })
  await stack.addCampaign({ id: 'alone', slots })
  const waits: number[] = []
  const ledger = []
  // One after another: were it for the sweep alone, each would wait for most of a second.
  for (let n = 0; n < 10; n += 1) {
    const told = await bookAccepted(stack.apis[n % 2]!, 'alone', body(n))
    await untilOneDecided(stack.apis[(n + 1) % 2]!, told)
    waits.push(performance.timeOrigin + performance.now() - told.acceptedAt)
    ledger.push(told)
  }
  await annotate(`decided after ${waits.map(Math.round).join(', ')} ms`)
  expect(Math.max(...waits)).toBeLessThan(1_000)
  expect(waits.reduce((sum, wait) => sum + wait)).toBeLessThan(4_000)

  const load = startLoad({ apis: stack.apis, campaign: 'alone', clients: 20, body: (n) => body(100 + n) })
  await until('300 are accepted', () => load.ledger.length > 300)
  expect(await readStatus(stack.apis[0]!)).toMatchObject({ rung: 'normal', intake: 'open', spooledBatches: 0 })
  ledger.push(...(await load.stop()))
  await untilDecided(stack.apis[0]!, 'alone', ledger)
  expect(load.met).toEqual(new Map())
  expect(await brokenPromises(stack, 'alone', ledger)).toEqual([])
})

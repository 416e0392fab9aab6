import { expect, test } from 'vitest'
import { ask, bodyOf, book, bookAccepted } from './book.ts'
import { brokenPromises } from './broken-promises.ts'
import { untilDecided, untilOneDecided } from './decided.ts'
import { longestGap, startLoad } from './load.ts'
import { readStatus, untilRung } from './rung.ts'
import { getJson, send } from './send.ts'
import { postgresOf, startStack } from './stack.ts'
import { until } from './until.ts'

/** Two bounded waits of 250 ms, and what two cores need beside. */
const gapMs = 2_000

const slots = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`s${n}`, n < 30 ? 20 : 2_000]))

test('Postgres crashes twice under load: all are accepted throughout, known outcomes answered, and all is decided in order', async ({
  annotate,
}) => {
  const stack = await startStack({ apis: 2, allocators: 2, ownPostgres: true })
  const postgres = postgresOf(stack)
  const [one, other] = [stack.apis[0]!, stack.apis[1]!]
  await stack.addCampaign({ id: 'stored', slots })
  const early = await bookAccepted(one, 'stored', bodyOf(1_000_000, 's39'))
  const booked = await untilOneDecided(one, early)
  expect(booked).toMatchObject({ status: 'booked' })
  const load = startLoad({ apis: stack.apis, campaign: 'stored', clients: 20, body: (n) => bodyOf(n, `s${n % 40}`) })
  const accepted = (count: number) => until(`${count} more are accepted`, () => load.ledger.length > count)

  await accepted(300)
  await postgres.kill()
  await untilRung(stack.apis, 'postgres-away')
  await accepted(load.ledger.length + 300)

  // What was decided is still known, from Redis, by either; what is accepted now has no number yet.
  for (const api of stack.apis) expect(await ask(api, early)).toMatchObject({ status: 200 })
  expect(JSON.parse((await ask(other, early)).text)).toEqual(booked)
  const spooled = await bookAccepted(other, 'stored', bodyOf(1_000_001, 's39'))
  expect(spooled.queueNumber).toBeNull()
  for (const api of stack.apis) {
    const { status, text } = await ask(api, spooled)
    expect([status, JSON.parse(text)]).toMatchObject([200, { status: 'queued', queueNumber: null, reason: null }])
  }
  await until('spooled batches are counted', async () => (await readStatus(one)).spooledBatches > 0)
  // Who sends the same again is told the same.
  expect((await bookAccepted(one, 'stored', spooled.body)).id).toBe(spooled.id)

  await postgres.restart()
  await untilRung(stack.apis, 'normal')
  // The spool shrinks faster than the load lets it grow: numbers are known again, though nobody stopped asking.
  await until('numbers are known again', () => load.ledger.slice(-50).every(({ queueNumber }) => queueNumber !== null))
  await postgres.kill()
  await accepted(load.ledger.length + 100)
  await postgres.restart()
  await untilRung(stack.apis, 'normal')
  await accepted(load.ledger.length + 100)

  const ledger = [early, spooled, ...(await load.stop())]
  const withoutNumber = ledger.filter(({ queueNumber }) => queueNumber === null).length
  await annotate(
    `longest gap ${Math.round(longestGap(load.ledger))} ms; ${ledger.length} accepted, ${withoutNumber} of them spooled; met ${JSON.stringify([...load.met])}`,
  )
  expect(load.met).toEqual(new Map())
  expect(longestGap(load.ledger)).toBeLessThan(gapMs)
  expect(withoutNumber).toBeGreaterThan(300)

  await untilDecided(one, 'stored', ledger)
  expect(await untilOneDecided(one, spooled)).toMatchObject({ status: 'booked', queueNumber: expect.any(Number) })
  expect(await brokenPromises(stack, 'stored', ledger)).toEqual([])
  // Redis was there all the time, so nothing was passed.
  expect(
    await stack.read('select count(*) filter (where spooled) > 0 as spooled, bool_or(late) as late from batches'),
  ).toEqual([{ spooled: true, late: false }])
})

test('both stores away: refused at once as surely not accepted, and accepted again when either is back', async () => {
  const stack = await startStack({ apis: 1, allocators: 1, ownPostgres: true })
  const [postgres, redis, api] = [postgresOf(stack), stack.redis!, stack.apis[0]!]
  await stack.addCampaign({ id: 'refused', slots: { a: 100 } })
  const before = await bookAccepted(api, 'refused', bodyOf(1, 'a'))
  await untilOneDecided(api, before)
  const progress = () => getJson(`${api.url}/v1/campaigns/refused/progress`)
  await until('its decision is public', async () => (await progress()).servingNumber === 1)

  await Promise.all([postgres.kill(), redis.kill()])
  // Until both breakers are open an answer may be `outcome-unknown`, which is a promise of nothing.
  await untilRung([api], 'refusing')
  const refused = await until('refused as surely not accepted', async () => {
    const answer = await book(api, 'refused', bodyOf(2, 'a'))
    return answer.type === 'unavailable' && answer
  })
  expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': expect.stringMatching(/^\d+$/) } })
  expect((await send(`${api.url}/readyz`)).status).toBe(503)
  expect((await send(`${api.url}/livez`)).status).toBe(200)
  expect((await ask(api, before)).text).toContain('outcome-unavailable')
  // What is public is served as it was last known.
  expect(await progress()).toMatchObject({ servingNumber: 1 })

  await redis.restart()
  await untilRung([api], 'postgres-away')
  const spooled = await bookAccepted(api, 'refused', bodyOf(3, 'a'))
  await postgres.restart()
  await untilRung([api], 'normal')
  const after = await bookAccepted(api, 'refused', bodyOf(4, 'a'))
  const ledger = [before, spooled, after]
  expect((await untilDecided(api, 'refused', ledger)).map(({ status }) => status)).toEqual(Array(3).fill('booked'))
  expect(await brokenPromises(stack, 'refused', ledger)).toEqual([])
  // The one that was surely not accepted is nowhere.
  expect(await stack.read('select count(*) as decided from decisions')).toEqual([{ decided: 3 }])
})

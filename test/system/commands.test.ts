import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { ask, bodyOf, book, bookAccepted, type Seen, type Told } from './book.ts'
import { brokenPromises } from './broken-promises.ts'
import { untilOneDecided } from './decided.ts'
import { untilRung } from './rung.ts'
import { send } from './send.ts'
import { type Api, postgresOf, redisOf, startStack } from './stack.ts'
import { until } from './until.ts'

type Commanded = Seen & { lastCommand: { id: string; kind: string; status: string; reason: string | null } | null }

const look = async (api: Api, told: Told): Promise<Commanded> => JSON.parse((await ask(api, told)).text)

/** Sends a command with the receipt: a move with these slots as choices, or else a cancel. */
async function command(api: Api, { id, receipt }: Told, slots: string[] | null = null, key?: string) {
  const answer = await send(`${api.url}/v1/reservations/${id}${slots ? '/choices' : ''}`, {
    method: slots ? 'PUT' : 'DELETE',
    headers: {
      authorization: `Bearer ${receipt}`,
      ...(slots && { 'content-type': 'application/json' }),
      ...(key && { 'idempotency-key': key }),
    },
    ...(slots && { body: JSON.stringify({ choices: slots.map((slotId) => ({ slotId })) }) }),
  })
  return { ...answer, body: JSON.parse(answer.text) }
}

const untilSettled = (api: Api, told: Told, commandId: string) =>
  until(`command ${commandId} is decided`, async () => {
    const seen = await look(api, told)
    return seen.lastCommand?.id === commandId && seen.lastCommand.status !== 'queued' && seen
  })

test('cancelled and moved with the receipt, by any API, and never seen as it was before once that is decided', async () => {
  const stack = await startStack({ apis: 2 })
  const [one, other] = stack.apis as [Api, Api]
  await stack.addCampaign({ id: 'changing', slots: { a: 1, b: 1 } })
  const mover = await bookAccepted(one, 'changing', bodyOf(1, 'a'))
  expect(await untilOneDecided(one, mover)).toMatchObject({ status: 'booked', lastCommand: null })
  // Its outcome is kept in Redis by now, or will be.
  const moved = await command(one, mover, ['b'], 'there')
  expect(moved).toMatchObject({
    status: 202,
    headers: { location: `/v1/reservations/${mover.id}`, 'retry-after': expect.stringMatching(/^\d+$/) },
    body: { id: mover.id, lastCommand: { kind: 'move', status: 'queued', reason: null }, queueNumber: 2 },
  })
  const commandId = moved.body.lastCommand.id
  expect(await untilSettled(other, mover, commandId)).toMatchObject({
    status: 'booked',
    appointments: [{ slotId: 'b' }],
    lastCommand: { kind: 'move', status: 'done', reason: null },
  })
  // The same again is the same command, and moves nobody.
  expect((await command(other, mover, ['b'], 'there')).body.lastCommand.id).toBe(commandId)
  expect((await command(other, mover, ['b'], 'another')).body.lastCommand.id).not.toBe(commandId)

  const cancelled = await command(other, mover)
  expect(cancelled.status).toBe(202)
  await until('it is decided', async () => {
    const rows = await stack.read('select from decisions where request_id = $1', [cancelled.body.lastCommand.id])
    return rows.length === 1
  })
  // At any moment after: whoever is asked, whatever Redis keeps.
  for (const api of stack.apis)
    expect(await look(api, mover)).toMatchObject({
      status: 'cancelled',
      appointments: [],
      lastCommand: { kind: 'cancel', status: 'done' },
    })
  const again = await bookAccepted(one, 'changing', bodyOf(1, 'b'))
  expect(await untilOneDecided(one, again)).toMatchObject({ status: 'booked' })
  // Sent without a new key, the first request is the first reservation still: its outcome is final.
  expect((await book(one, 'changing', mover.body)).told?.id).toBe(mover.id)
  expect(await look(one, mover)).toMatchObject({ status: 'cancelled' })
  await until('the request that was sent again has had its turn', async () => {
    const rows = await stack.read(
      `select from lanes join lane_progress using (campaign_id, lane)
        where campaign_id = 'changing' and serving_number < accepted_number`,
    )
    return rows.length === 0
  })
  expect(await brokenPromises(stack, 'changing', [mover, again])).toEqual([])
})

test('a command needs the receipt, choices of the campaign, and has its turn only so often', async () => {
  const stack = await startStack({ allocators: 0, redis: false })
  const api = stack.apis[0]!
  await stack.addCampaign({ id: 'guarded', slots: { a: 1 } })
  const [mine, another] = [
    await bookAccepted(api, 'guarded', bodyOf(1, 'a')),
    await bookAccepted(api, 'guarded', bodyOf(2, 'a')),
  ]
  const forged = { ...mine, receipt: another.receipt }
  expect((await command(api, forged)).body).toMatchObject({ status: 401, type: expect.stringMatching(/unauthorized$/) })
  expect((await command(api, mine, ['nowhere'])).body).toMatchObject({
    status: 422,
    errors: [{ path: 'choices.0.slotId' }],
  })
  expect((await command(api, mine, [])).status).toBe(400)
  for (const status of [202, 202, 202, 429]) expect((await command(api, mine)).status).toBe(status)
  expect((await command(api, another)).status).toBe(202)
  // What waits is seen to wait.
  expect(await look(api, mine)).toMatchObject({ status: 'queued', lastCommand: { kind: 'cancel', status: 'queued' } })
})

test('a command accepted while Postgres is away is seen to wait, and decided when it is back', async () => {
  const stack = await startStack({ ownPostgres: true })
  const [api, postgres] = [stack.apis[0]!, postgresOf(stack)]
  await stack.addCampaign({ id: 'spooling', slots: { a: 1, b: 2, c: 1 } })
  const [held, moved] = [
    await bookAccepted(api, 'spooling', bodyOf(1, 'a')),
    await bookAccepted(api, 'spooling', bodyOf(2, 'b')),
  ]
  for (const told of [held, moved]) await untilOneDecided(api, told)
  const done = await command(api, moved, ['b'])
  await untilSettled(api, moved, done.body.lastCommand.id)
  const [giver, taker] = [
    await bookAccepted(api, 'spooling', bodyOf(10, 'c')),
    await bookAccepted(api, 'spooling', { ...bodyOf(11, 'c'), waitlist: true }),
  ]
  expect(await untilOneDecided(api, taker)).toMatchObject({ status: 'waitlisted' })
  await command(api, giver)
  await until('the seat is given on', async () => (await look(api, taker)).status === 'booked')
  const redis = new Redis(redisOf(stack).url)
  onTestFinished(() => redis.disconnect())
  await until('redis was told', async () => (await redis.keys('junban:changed:*')).length === 2)

  await postgres.kill()
  await untilRung([api], 'postgres-away')
  const late = await bookAccepted(api, 'spooling', bodyOf(3, 'b'))
  const cancels = await Promise.all([held, late].map((told) => command(api, told)))
  for (const cancel of cancels) expect(cancel).toMatchObject({ status: 202, body: { queueNumber: null } })
  expect(await look(api, held)).toMatchObject({ status: 'booked', lastCommand: { kind: 'cancel', status: 'queued' } })
  expect(await look(api, late)).toMatchObject({ status: 'queued', lastCommand: { kind: 'cancel', status: 'queued' } })
  // They may have changed, or did, after they were decided: Redis does not answer for them.
  for (const told of [moved, taker]) expect((await ask(api, told)).status).toBe(503)

  await postgres.restart()
  for (const [n, told] of [held, late].entries())
    expect(await untilSettled(api, told, cancels[n]!.body.lastCommand.id)).toMatchObject({
      status: 'cancelled',
      queueNumber: expect.any(Number),
      lastCommand: { status: 'done' },
    })
  await untilRung([api], 'normal')
  const next = await bookAccepted(api, 'spooling', bodyOf(4, 'a'))
  expect(await untilOneDecided(api, next)).toMatchObject({ status: 'booked' })
  expect(await brokenPromises(stack, 'spooling', [held, moved, late, next])).toEqual([])
})

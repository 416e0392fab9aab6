import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { addOperator } from '#src/operations/add-operator.ts'
import { ask, bodyOf, bookAccepted } from './book.ts'
import { untilOneDecided } from './decided.ts'
import { send } from './send.ts'
import { startStack } from './stack.ts'
import { until } from './until.ts'

const run = promisify(execFile)
const top = join(import.meta.dirname, '../..')

test('an operator changes slots over HTTP and on the command line; who waits is given what that frees', async () => {
  const stack = await startStack()
  const api = stack.apis[0]!
  await stack.addCampaign({ id: 'shifting', slots: { a: 1, b: 1 } })
  const key = await addOperator({ pool: stack.pool, name: 'tanaka', role: 'admin', by: 'test' })
  const agent = await addOperator({ pool: stack.pool, name: 'sato', role: 'agent', by: 'test' })
  const holder = await bookAccepted(api, 'shifting', bodyOf(1, 'a'))
  const waiter = await bookAccepted(api, 'shifting', { ...bodyOf(2, 'a'), waitlist: true })
  await untilOneDecided(api, holder)
  const inLine = await untilOneDecided(api, waiter)
  expect(inLine).toMatchObject({ status: 'waitlisted', wait: { ahead: 0, odds: null } })

  const post = (body: unknown, bearer = key) =>
    send(`${api.url}/v1/operator/campaigns/shifting/slot-changes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const close = { do: 'close', which: { slotIds: ['a'] } }
  expect((await post(close, agent)).status).toBe(403)
  expect((await post({ ...close, do: 'paint' })).status).toBe(400)
  const accepted = await post(close)
  expect(accepted.status).toBe(202)
  const look = () => send(`${api.url}${accepted.headers.location}`, { headers: { authorization: `Bearer ${agent}` } })
  await until('it is decided', async () => (await look()).status === 200)
  expect(JSON.parse((await look()).text)).toMatchObject({
    outcome: 'refused',
    reason: 'would-hit',
    affected: [{ reservationId: holder.id, slotId: 'a', became: null }],
  })

  const junban = async (...args: string[]) => {
    const env = { PATH: process.env.PATH, DATABASE_URL: stack.databaseUrl }
    const { stdout } = await run(process.execPath, ['src/cli.ts', 'slots', ...args, '--json'], { cwd: top, env })
    return JSON.parse(stdout)
  }
  expect(await junban('capacity', 'shifting', 'a', '2')).toMatchObject({ outcome: 'done', affected: [] })
  expect(JSON.parse((await ask(api, waiter)).text)).toMatchObject({ status: 'booked', appointments: [{ slotId: 'a' }] })
  await expect(junban('capacity', 'shifting', 'a', '1')).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining(waiter.id),
  })
  expect(await junban('close', 'shifting', 'a', '--affected', 'cancel')).toMatchObject({ outcome: 'done' })
  expect(JSON.parse((await ask(api, holder)).text)).toMatchObject({ status: 'cancelled', appointments: [] })
  expect(await stack.read(`select operator, action from audit where action = 'slots.change' order by id`)).toHaveLength(
    4,
  )
})

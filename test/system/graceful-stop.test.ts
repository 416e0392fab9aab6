import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { bodyOf, book, bookAccepted } from './book.ts'
import { brokenPromises } from './broken-promises.ts'
import { untilDecided } from './decided.ts'
import { startLoad } from './load.ts'
import { send } from './send.ts'
import { startStack } from './stack.ts'
import { until } from './until.ts'

/** A connection that the system has made, whether or not the process has taken it in. */
async function standingConnection({ url }: { url: string }): Promise<Agent> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const agent = new Agent({ maxSockets: 1 })
  agent.createConnection = () => socket
  return agent
}

test('SIGTERM to an API under load: whoever had sent is answered, whoever is accepted is decided', async ({
  annotate,
}) => {
  const stack = await startStack({ apis: 2 })
  await stack.addCampaign({ id: 'stopping', slots: { scarce: 500, plenty: 100_000 } })
  const [leaving, staying] = [stack.apis[0]!, stack.apis[1]!]
  // Those who try the other when one is gone …
  const load = startLoad({
    apis: stack.apis,
    campaign: 'stopping',
    clients: 20,
    body: (n) => bodyOf(n, n % 2 ? 'scarce' : 'plenty'),
  })
  await until('it is busy', () => load.ledger.length > 300)

  // … and 400 whose connections stand, and whose requests are on their way when the signal comes, or set out just then.
  const connections = await Promise.all(Array.from({ length: 400 }, () => standingConnection(leaving)))
  const sendOn = (connection: Agent, n: number) =>
    bookAccepted(leaving, 'stopping', bodyOf(1_000_000 + n, 'plenty'), { connection })
  const [probing, standing] = [await standingConnection(leaving), await standingConnection(leaving)]
  const before = connections.slice(0, 200).map(sendOn)
  await nextTurn()
  leaving.signal('SIGTERM')
  await until('it has heard the signal', () =>
    readFileSync(join(stack.logs, 'api-1.log'), 'utf8').includes('"api stopping"'),
  )
  const after = connections.slice(200).map((connection, n) => sendOn(connection, 200 + n))
  // Whoever asks whether to send more is told no, by this one alone.
  const asking = await Promise.all(
    [probing, standing].map((connection) => send(`${leaving.url}/readyz`, { connection })),
  )
  expect(asking.map(({ status }) => status)).toEqual([503, 503])
  expect((await send(`${staying.url}/readyz`)).status).toBe(200)
  const accepted = await Promise.all([...before, ...after])
  await leaving.left()
  await annotate(`clients met ${JSON.stringify([...load.met])}`)
  // Nobody is taken in who is not served.
  expect(await book(leaving, 'stopping', bodyOf(2_000_000, 'plenty')).catch((err) => err.code)).toBe('ECONNREFUSED')
  // Only who connected in the very moment of closing was cut; they sent the same to the other.
  expect(new Set(load.met.keys()).difference(new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE']))).toEqual(new Set())
  expect(load.met.get('ECONNRESET') ?? 0).toBeLessThan(20)

  const gone = load.ledger.length
  await until('the others go on', () => load.ledger.length > gone + 200)
  const ledger = [...accepted, ...(await load.stop())]
  await untilDecided(staying, 'stopping', ledger)
  expect(await brokenPromises(stack, 'stopping', ledger)).toEqual([])
  expect(await stack.read('select count(*) as live from reservations')).toEqual([{ live: ledger.length }])
})

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { bodyOf, book, type Told } from './book.ts'
import { brokenPromises } from './broken-promises.ts'
import { untilDecided } from './decided.ts'
import { makeNextVersion } from './next-version.ts'
import { openConnection, send } from './send.ts'
import { type Api, startStack } from './stack.ts'
import { until } from './until.ts'

/** How often the balancer asks whom to send requests to; and clients, whose connections stand, who each wait so long between two. */
const [askEveryMs, clients, pauseMs] = [50, 20, 30]

/** A load balancer with clients behind it: requests go by turns to whoever says that it is ready. None may fail, and none is sent again. */
function startBalanced(apis: Api[], campaign: string) {
  const ledger: Told[] = []
  const failed: string[] = []
  let [ready, begun, stopping] = [[...apis], 0, false]

  async function ask() {
    while (!stopping) {
      const asked = await Promise.all(
        apis.map(async (api) => ((await send(`${api.url}/readyz`).catch(() => null))?.status === 200 ? api : null)),
      )
      ready = asked.filter((api) => api !== null)
      await sleep(askEveryMs)
    }
  }
  async function runClient() {
    const connections = new Map<Api, ReturnType<typeof openConnection>>()
    for (let turn = begun; !stopping; turn += 1) {
      const api = ready[turn % ready.length]!
      const connection = connections.getOrInsertComputed(api, openConnection)
      const n = begun++
      const answer = await book(api, campaign, bodyOf(n, n % 2 ? 'scarce' : 'plenty'), { connection }).catch(
        (err) => err,
      )
      if (answer.told) ledger.push(answer.told)
      else failed.push(answer.type ?? String(answer))
      await sleep(pauseMs)
    }
    for (const connection of connections.values()) connection.destroy()
  }
  const done = Promise.all([ask(), ...Array.from({ length: clients }, runClient)])
  return {
    ledger,
    failed,
    async stop() {
      stopping = true
      await done
    },
  }
}

test('a rolling upgrade over a migration, under load: both versions side by side, no request fails, each is decided once, in order', async () => {
  const stack = await startStack({ apis: 2, allocators: 2 })
  await stack.addCampaign({ id: 'upgraded', slots: { scarce: 300, plenty: 100_000 } })
  const next = makeNextVersion(join(stack.dir, 'next'))
  const load = startBalanced(stack.apis, 'upgraded')
  onTestFinished(() => load.stop())
  const more = async (count: number) => {
    const goal = load.ledger.length + count
    await until(`${count} more are accepted`, () => load.ledger.length >= goal || load.failed.length > 0)
  }

  await more(300)
  // The version before goes on, on the schema of the next.
  expect(await next.migrate(stack.databaseUrl)).toEqual(['0999_next'])
  await more(300)

  // One by one: a new one, and when it is ready an old one leaves.
  for (const old of [...stack.apis]) {
    await stack.addApi(next.tree)
    await more(100)
    old.signal('SIGTERM')
    await old.left()
    await more(100)
  }
  for (const old of [...stack.allocators]) {
    await stack.addAllocator(next.tree)
    await more(100)
    old.signal('SIGTERM')
    await old.left()
    await more(100)
  }

  await load.stop()
  expect(load.failed).toEqual([])
  await untilDecided(stack.apis.at(-1)!, 'upgraded', load.ledger)
  expect(await brokenPromises(stack, 'upgraded', load.ledger)).toEqual([])
  expect(await stack.read('select count(*) as decided from decisions')).toEqual([{ decided: load.ledger.length }])
  // Both versions did accept, the next after the one before.
  const by = await stack.read(
    'select accepted_by as version from (select accepted_by, max(last_number) as last from batches group by accepted_by) each order by last',
  )
  expect(by).toEqual([{ version: null }, { version: 'next' }])
})

// PROCESS: npm run bench:lanes. How long an agent's booking takes while the web lane has a backlog.
import { setTimeout as sleep } from 'node:timers/promises'
import { createLogger } from '#src/logger.ts'
import { addOperator } from '#src/operations/add-operator.ts'
import { formatNumber, formatTable } from '#src/operations/commands/format-table.ts'
import { createPool } from '#src/postgres/pool.ts'
import { withClient } from './databases.ts'
import { type AgentFigures, takeCalls } from './lanes/agent.ts'
import { readLane } from './measure/lane.ts'
import { bookPath, many } from './measure/serving.ts'
import { type About, onOneStage } from './on-one-stage.ts'
import { normalSizes } from './sizes.ts'
import type { Stage } from './stage.ts'

const backlog = 100_000
const quietMs = 5_000
const rushSeconds = 5
/** What is promised of an agent's booking, whatever waits in the web lane. */
const decidedWithinMs = 1_000
/** How often it is looked how much still waits. */
const lookEveryMs = 200

type Phase = { name: string; waitingAtStart: number; waitingAtEnd: number } & AgentFigures

await onOneStage({
  name: 'lanes',
  measure: async (stage) => ({ backlog, decidedWithinMs, phases: await measure(stage) }),
  describe,
  holds: ({ phases }) => keepsPromise(phases),
})

async function measure(stage: Stage): Promise<Phase[]> {
  const api = `http://127.0.0.1:${stage.port}`
  const operatorKey = await addAgent(stage.databaseUrl)
  await stage.startServing('api', 'src/api.ts')

  return withClient(stage.databaseUrl, async (client) => {
    const waiting = async () => {
      const { accepted, serving } = await readLane(client)
      return accepted - serving
    }
    async function phase(name: string, work: () => Promise<unknown>): Promise<Phase> {
      const waitingAtStart = await waiting()
      let over = false
      const calls = takeCalls({ api, operatorKey, isOver: () => over })
      await work()
      over = true
      const waitingAtEnd = await waiting()
      process.stderr.write(`${name}\n`)
      return { name, waitingAtStart, waitingAtEnd, ...(await calls) }
    }

    await stage.book(bookPath, { loop: 'closed', connections: many, seconds: normalSizes.warmUpSeconds })
    await stage.start('allocator', 'workers/allocator.ts').then(async ({ stop }) => {
      while ((await waiting()) > 0) await sleep(lookEveryMs)
      await stop()
    })
    await stage.book(bookPath, { loop: 'closed', connections: many, requests: backlog })
    await stage.start('allocator', 'workers/allocator.ts')
    return [
      await phase('the web lane has a backlog, and a rush goes on', () =>
        stage.book(bookPath, { loop: 'closed', connections: many, seconds: rushSeconds }),
      ),
      await phase('the backlog is drained', async () => {
        while ((await waiting()) > 0) await sleep(lookEveryMs)
      }),
      await phase('nothing waits', () => sleep(quietMs)),
    ]
  })
}

function keepsPromise(phases: Phase[]): boolean {
  return phases.every(({ maxMs, calls, booked }) => maxMs <= decidedWithinMs && booked === calls)
}

async function addAgent(url: string): Promise<string> {
  const log = createLogger('warn', 'bench')
  const pool = createPool({ url, role: 'junban_operator', name: 'bench', log, max: 1 })
  return addOperator({ pool, name: 'bench', role: 'agent', by: 'bench' }).finally(() => pool.end())
}

function describe({ machine, node, commit, phases }: About & { phases: Phase[] }): string {
  const whole = (number: number) => formatNumber(Math.round(number))
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.ramGb} GB, ${machine.platform}; node ${node}; commit ${commit ?? 'unknown'}`,
    'Everything on it at once: the stores, an API, an allocator, those who book on the web (512 connections), and ten agents’ calls a second.',
    'From the moment that an agent’s booking was sent until the agent saw it decided, in ms.',
    '',
    formatTable([
      ['', 'web lane: waiting at the start', 'at the end', 'calls', 'booked', 'p50', 'p99', 'most'],
      ...phases.map(({ name, waitingAtStart, waitingAtEnd, calls, booked, p50Ms, p99Ms, maxMs }) => [
        name,
        waitingAtStart,
        waitingAtEnd,
        calls,
        booked,
        whole(p50Ms),
        whole(p99Ms),
        whole(maxMs),
      ]),
    ]),
    '',
    `${keepsPromise(phases) ? '✓' : '✗'} every agent’s booking is decided within ${decidedWithinMs} ms`,
  ].join('\n')
}

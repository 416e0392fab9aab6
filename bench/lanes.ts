// PROCESS: npm run bench:lanes. How long an agent's booking takes while the web lane has a backlog.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadKeys } from '#src/config.ts'
import { generateKeys } from '#src/embedded/keys.ts'
import { createLogger } from '#src/logger.ts'
import { addOperator } from '#src/operations/add-operator.ts'
import { formatNumber, formatTable } from '#src/operations/commands/format-table.ts'
import { createPool } from '#src/postgres/pool.ts'
import { makeBenchDir, removeAbandoned, removeDir } from './bench-dir.ts'
import { startDatabases, withClient } from './databases.ts'
import { type AgentFigures, takeCalls } from './lanes/agent.ts'
import type { Load, LoadResult } from './load/load.ts'
import { describeMachine, readCommit } from './machine.ts'
import { readLane } from './measure/lane.ts'
import { bookPath, many } from './measure/serving.ts'
import { startWorker } from './orders.ts'
import { Closed, openScope } from './scope.ts'
import { normalSizes } from './sizes.ts'
import { setStage } from './stage.ts'

const backlog = 100_000
const quietMs = 5_000
const rushSeconds = 5
/** What is promised of an agent's booking, whatever waits in the web lane. */
const decidedWithinMs = 1_000
/** How often it is looked how much still waits. */
const lookEveryMs = 200

type Phase = { name: string; waitingAtStart: number; waitingAtEnd: number } & AgentFigures

const log = createLogger('warn', 'bench')
const reports = join(import.meta.dirname, '../reports/lanes')
const scope = openScope()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void scope.close())

const phases = await measure()
  .catch((err: unknown) => {
    if (!(err instanceof Closed) && !scope.isClosing()) console.error(err)
    return null
  })
  .finally(() => scope.close())
if (!phases) process.exit(1)

const about = { machine: describeMachine(), node: process.version, commit: readCommit() }
const kept = phases.every(({ maxMs, calls, booked }) => maxMs <= decidedWithinMs && booked === calls)
const text = `${describe(phases)}\n`
mkdirSync(reports, { recursive: true })
writeFileSync(join(reports, 'report.txt'), text)
writeFileSync(
  join(reports, 'report.json'),
  `${JSON.stringify({ ...about, backlog, decidedWithinMs, phases, kept }, null, 2)}\n`,
)
process.stdout.write(text)
process.exit(kept ? 0 : 1)

async function measure(): Promise<Phase[]> {
  await removeAbandoned()
  const dir = await scope.keep(async () => makeBenchDir(), removeDir)
  const keys = generateKeys()
  const databases = await startDatabases({ dir, keys: loadKeys(keys), log, scope })
  const generator = await scope.keep(
    () => startWorker<Load, LoadResult>('./generator.ts'),
    ({ stop }) => stop(),
  )
  const stage = await setStage({
    dir,
    databases,
    kind: 'ours',
    redis: true,
    generator,
    sizes: normalSizes,
    keys,
    scope,
  })
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

async function addAgent(url: string): Promise<string> {
  const pool = createPool({ url, role: 'junban_operator', name: 'bench', log, max: 1 })
  return addOperator({ pool, name: 'bench', role: 'agent', by: 'bench' }).finally(() => pool.end())
}

function describe(phases: Phase[]): string {
  const { machine, node, commit } = about
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
    `${kept ? '✓' : '✗'} every agent’s booking is decided within ${decidedWithinMs} ms`,
  ].join('\n')
}

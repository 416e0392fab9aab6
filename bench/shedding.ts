// PROCESS: npm run bench:shedding. More is asked than can be decided, and then more than can be taken.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { loadKeys } from '#src/config.ts'
import { generateKeys } from '#src/embedded/keys.ts'
import { createLogger } from '#src/logger.ts'
import { makeBenchDir, removeAbandoned, removeDir } from './bench-dir.ts'
import { startDatabases, withClient } from './databases.ts'
import type { Load, LoadResult, Pace } from './load/load.ts'
import { describeMachine, readCommit } from './machine.ts'
import { bookPath, many } from './measure/serving.ts'
import { startWorker } from './orders.ts'
import { Closed, openScope } from './scope.ts'
import { describeShedding, type Phase, promisesOf, type Shedding } from './shedding/report.ts'
import { throttle } from './shedding/throttle.ts'
import { secondsToNormal, watchStatus } from './shedding/watch-status.ts'
import { normalSizes } from './sizes.ts'
import { type Stage, setStage } from './stage.ts'

/** What nobody would call a load. */
const quietPerSecond = 500
const throttledPerSecond = 1_000
const offeredToThrottled = 3_000
/** Of what intake takes by itself. */
const tooMuch = 1.5
/** So many that a free connection is hardly ever waited for: those who wait are in the service, not in the generator. */
const connections = 2_000
const seconds = 8

const reports = join(import.meta.dirname, '../reports/shedding')
const scope = openScope()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void scope.close())

const report = await measureAll()
  .catch((err: unknown) => {
    if (!(err instanceof Closed) && !scope.isClosing()) console.error(err)
    return null
  })
  .finally(() => scope.close())
if (!report) process.exit(1)

const text = `${describeShedding(report)}\n`
mkdirSync(reports, { recursive: true })
writeFileSync(join(reports, 'report.txt'), text)
writeFileSync(join(reports, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
process.stdout.write(text)
process.exit(promisesOf(report).every(({ holds }) => holds) ? 0 : 1)

async function measureAll(): Promise<Shedding> {
  await removeAbandoned()
  const dir = await scope.keep(async () => makeBenchDir(), removeDir)
  const keys = generateKeys()
  const about = {
    machine: describeMachine(),
    node: process.version,
    commit: readCommit(),
    startedAt: new Date().toISOString(),
  }
  const databases = await startDatabases({ dir, keys: loadKeys(keys), log: createLogger('warn', 'bench'), scope })
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
  return { ...about, ...(await withClient(stage.databaseUrl, (client) => measure(stage, client))) }
}

async function measure(stage: Stage, client: pg.Client) {
  await stage.startServing('api', 'src/api.ts')
  await stage.book(bookPath, { loop: 'closed', connections: many, seconds: 3 })
  const { acceptedPerSecond: takenPerSecond } = await stage.book(bookPath, {
    loop: 'closed',
    connections: many,
    seconds: 3,
  })
  const allocator = await stage.start('allocator', 'workers/allocator.ts')
  await secondsToNormal(stage.port)

  const unloaded = await measurePhase(stage, 'unloaded', quietPerSecond)
  const release = throttle(allocator.pid, throttledPerSecond, client)
  const late = await measurePhase(stage, 'deciding throttled', offeredToThrottled)
  late.decidedPerSecond = await release()
  const crowd = await measurePhase(stage, 'more than intake takes', tooMuch * takenPerSecond)
  return { takenPerSecond, unloaded, phases: [late, crowd] }
}

async function measurePhase(stage: Stage, name: string, perSecond: number): Promise<Phase> {
  const pace: Pace = { loop: 'open', connections, perSecond, seconds }
  const stopWatching = watchStatus(stage.port)
  const load = await stage.book(bookPath, pace)
  const { seen, slowestMs } = await stopWatching()
  return {
    name,
    offeredPerSecond: perSecond,
    load,
    decidedPerSecond: null,
    seen,
    slowestStatusMs: slowestMs,
    secondsToNormal: await secondsToNormal(stage.port),
  }
}

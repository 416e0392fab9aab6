// PROCESS: npm run bench:shedding. More is asked than can be decided, and then more than can be taken.
import type pg from 'pg'
import { withClient } from './databases.ts'
import type { Pace } from './load/load.ts'
import { waitUntilDecided } from './measure/lane.ts'
import { bookPath, many } from './measure/serving.ts'
import { onOneStage } from './on-one-stage.ts'
import { describeShedding, type Phase, promisesOf } from './shedding/report.ts'
import { throttle } from './shedding/throttle.ts'
import { secondsToNormal, watchStatus } from './shedding/watch-status.ts'
import type { Stage } from './stage.ts'

/** What nobody would call a load. */
const quietPerSecond = 500
const throttledPerSecond = 1_000
const offeredToThrottled = 3_000
/** Of what intake takes by itself. */
const tooMuch = 1.5
/** So many that a free connection is hardly ever waited for: those who wait are in the service, not in the generator. */
const connections = 2_000
const seconds = 8

await onOneStage({
  name: 'shedding',
  measure: (stage) => withClient(stage.databaseUrl, (client) => measure(stage, client)),
  describe: describeShedding,
  holds: (report) => promisesOf(report).every(({ holds }) => holds),
})

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
  // What was left waiting is that load's, not the next one's.
  await waitUntilDecided(client)
  const crowd = await measurePhase(stage, 'more than intake takes', tooMuch * takenPerSecond)
  return { takenPerSecond, unloaded, phases: [late, crowd] }
}

async function measurePhase(stage: Stage, name: string, perSecond: number): Promise<Phase> {
  const pace: Pace = { loop: 'open', connections, perSecond, seconds }
  const stopWatching = watchStatus(stage.port)
  const load = await stage.book(bookPath, pace).finally(stopWatching)
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

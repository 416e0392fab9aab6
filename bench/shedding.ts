// PROCESS: npm run bench:shedding. More is asked than can be decided, and then more than can be taken.
import type pg from 'pg'
import { withClient } from './databases.ts'
import { waitUntilDecided } from './measure/lane.ts'
import { bookPath, many } from './measure/serving.ts'
import { onOneStage } from './on-one-stage.ts'
import { describeShedding, type Phase, promisesOf, type Round } from './shedding/report.ts'
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
/** The first finds a service that has never refused anybody. */
const rounds = 3

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

  const phases: Phase[] = [
    { name: 'unloaded', offeredPerSecond: quietPerSecond, rounds: [] },
    { name: 'deciding throttled', offeredPerSecond: offeredToThrottled, rounds: [] },
    { name: 'more than intake takes', offeredPerSecond: tooMuch * takenPerSecond, rounds: [] },
  ]
  const [unloaded, late, crowd] = phases as [Phase, Phase, Phase]
  for (let round = 0; round < rounds; round += 1) {
    unloaded.rounds.push(await measureRound(stage, unloaded))
    const release = throttle(allocator.pid, throttledPerSecond, client)
    const measured = await measureRound(stage, late)
    late.rounds.push({ ...measured, decidedPerSecond: await release() })
    // What was left waiting is that load's, not the next one's.
    await waitUntilDecided(client)
    crowd.rounds.push(await measureRound(stage, crowd))
    await waitUntilDecided(client)
  }
  return { takenPerSecond, unloaded, phases: [late, crowd] }
}

async function measureRound(stage: Stage, { offeredPerSecond }: Phase): Promise<Round> {
  const stopWatching = watchStatus(stage.port)
  const load = await stage
    .book(bookPath, { loop: 'open', connections, perSecond: offeredPerSecond, seconds })
    .finally(stopWatching)
  const { seen, slowestMs } = await stopWatching()
  return {
    load,
    decidedPerSecond: null,
    seen,
    slowestStatusMs: slowestMs,
    secondsToNormal: await secondsToNormal(stage.port),
  }
}

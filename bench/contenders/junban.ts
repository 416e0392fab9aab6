import type pg from 'pg'
import type { StartedProcess } from '#src/embedded/start-process.ts'
import { campaignFile } from '../campaign.ts'
import { withClient } from '../databases.ts'
import type { Figures } from '../figures.ts'
import { measureDrain } from '../measure/drain.ts'
import { measureInTurns } from '../measure/in-turns.ts'
import { waitUntilDecided } from '../measure/lane.ts'
import { usedMemory } from '../measure/redis-memory.ts'
import { bookPath, many, measureOpenLoop, measureServing } from '../measure/serving.ts'
import type { Stage } from '../stage.ts'
import type { Contender } from './contender.ts'

const slotsPath = `/v1/campaigns/${campaignFile.id}/slots`

export const junbanBoth: Contender = {
  name: 'junban',
  says: 'ours: the log and Redis (appendfsync always), both on disk before the answer',
  kind: 'ours',
  redis: true,
  measure,
}

export const junbanLog: Contender = {
  name: 'junban-log',
  says: 'ours without Redis: the log alone',
  kind: 'ours',
  redis: false,
  measure,
}

async function measure(stage: Stage): Promise<Figures> {
  const { pid } = await stage.startServing('api', 'src/api.ts')
  return withClient(stage.databaseUrl, async (client) => {
    const serving = await measureIntake(stage, pid)
    const allocator = await stage.start('allocator', 'workers/allocator.ts')
    return { ...serving, ...(await measureDrain(client)), ...(await measureDeciding(stage, client, allocator)) }
  })
}

/** Intake alone: no allocator runs, and what is accepted waits. */
async function measureIntake(stage: Stage, pid: number): Promise<Figures> {
  const { redisUrl, sizes } = stage
  const memoryBefore = redisUrl ? await usedMemory(redisUrl) : 0
  const serving = await measureServing(stage, pid)
  const missing = sizes.backlog - stage.people()
  if (missing > 0) await stage.book(bookPath, { loop: 'closed', connections: many, requests: missing })
  if (!redisUrl) return serving
  const memory = (await usedMemory(redisUrl)) - memoryBefore
  return { ...serving, redisBytesPerRequest: memory / stage.people() }
}

/** With an allocator at work. Nothing waits at the start of each. */
async function measureDeciding(stage: Stage, client: pg.Client, allocator: StartedProcess): Promise<Figures> {
  const { seconds, burst } = stage.sizes
  const both = await measureInTurns(stage, client, allocator)

  const rush = await stage.book(bookPath, { loop: 'closed', connections: many, requests: burst })
  const rushAt = await waitUntilDecided(client)

  const open = await measureOpenLoop(stage, both.decidedPerSecond / 2)
  await waitUntilDecided(client)

  await stage.get(slotsPath, { loop: 'closed', connections: many, seconds: seconds / 4 })
  const lists = await stage.get(slotsPath, { loop: 'closed', connections: many, seconds })
  return {
    ...both,
    burstSeconds: (rushAt - rush.firstSentAt) / 1_000,
    decidingOpenLoopPerSecond: open.acceptedPerSecond,
    decidingOpenLoopP50Ms: open.p50Ms,
    decidingOpenLoopP99Ms: open.p99Ms,
    slotListsPerSecond: lists.acceptedPerSecond,
  }
}

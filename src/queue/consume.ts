import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { lanes } from '../domain/lane.ts'
import type { Logger } from '../logger.ts'
import { batchesChannel, readBatches } from '../postgres/batches.ts'
import { type CampaignWork, readCampaignWork } from '../postgres/writers.ts'
import { createDecidedJobs, type DecidedJobs } from './decided-jobs.ts'
import { createDesk, type Desk } from './desk.ts'
import { listen } from './listen.ts'
import type { LogStore, PipeStore } from './stores.ts'
import { type LaneWorker, workLane } from './work-lane.ts'

/** Whatever no job and no notification told of is found after this long. */
const sweepEveryMs = 1_000

/**
 * Serves every campaign until closed: woken by a BullMQ worker per lane, by `LISTEN` where there is no Redis, and by a sweep under
 * both. `decideAll` decides what waits in a campaign and throws only what waiting can mend.
 */
export function consume({
  databaseUrl,
  logStore,
  pipe,
  workerRedis,
  decideAll,
  swept,
  log,
}: {
  databaseUrl: string
  logStore: LogStore
  pipe: PipeStore | null
  workerRedis: Redis | null
  decideAll: (campaign: string, isStopping: () => boolean) => Promise<void>
  /** Called after each sweep, whether it found the stores or not. */
  swept: () => void
  log: Logger
}) {
  const { pool } = logStore
  const desks = new Map<string, Desk>()
  const jobs = new Map<string, DecidedJobs>()
  const workers = new Map<string, LaneWorker[]>()
  const stopping = new AbortController()
  let known: string[] = []

  function deskOf(campaign: string): Desk {
    let desk = desks.get(campaign)
    if (!desk) {
      desk = createDesk({ campaign, decideAll: () => decideAll(campaign, () => stopping.signal.aborted), log })
      desks.set(campaign, desk)
    }
    return desk
  }

  function openLanes(campaign: string) {
    if (!workerRedis || !pipe || workers.has(campaign) || stopping.signal.aborted) return
    const ofCampaign = createDecidedJobs({ wake: deskOf(campaign).wake, readDecided })
    jobs.set(campaign, ofCampaign)
    const laneWorkers = lanes.map((lane) =>
      workLane({
        connection: workerRedis,
        campaign,
        lane,
        isDecided: ofCampaign.isDecided,
        spool: (batch) => pipe.spool.append(batch),
        log,
      }),
    )
    workers.set(campaign, laneWorkers)
    log.info({ campaign }, 'serving campaign')
  }

  const readDecided = async (batchIds: string[]) => {
    const known = await readBatches(pool, batchIds)
    return new Map([...known].map(([id, { decided }]) => [id, decided]))
  }

  async function closeLanes(campaign: string) {
    const laneWorkers = workers.get(campaign) ?? []
    workers.delete(campaign)
    jobs.delete(campaign)
    await Promise.all(laneWorkers.map((worker) => worker.close()))
  }

  async function sweep(): Promise<void> {
    const found: CampaignWork[] = await logStore.breaker.run(() => readCampaignWork(pool))
    for (const { campaign, live, waiting, paused } of found) {
      if (live || waiting) openLanes(campaign)
      else if (workers.has(campaign)) await closeLanes(campaign)
      if (waiting && !paused) void deskOf(campaign).wake()
    }
    known = found.map(({ campaign }) => campaign)
  }

  async function sweepForEver() {
    while (!stopping.signal.aborted) {
      await sweep().catch((err) => log.debug({ err }, 'sweep failed'))
      swept()
      await sleep(sweepEveryMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  const sweeping = sweepForEver()
  const listening = listen({
    url: databaseUrl,
    role: 'junban_allocator',
    channel: batchesChannel,
    heard: (campaign) => void deskOf(campaign).wake(),
    log,
  })

  return {
    /** A transaction of a campaign was committed. */
    progressed: (campaign: string) => jobs.get(campaign)?.progressed(),
    /** The ids of all campaigns, as of the last sweep. */
    campaigns: () => known,
    /** Takes no further work; the transactions in flight end first. */
    async close() {
      stopping.abort()
      await Promise.all([sweeping, listening.close(), ...[...desks.values()].map((desk) => desk.stop())])
      await Promise.all([...workers.keys()].map(closeLanes))
    },
  }
}

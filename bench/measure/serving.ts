import { availableParallelism } from 'node:os'
import { campaignFile } from '../campaign.ts'
import type { Figures } from '../figures.ts'
import type { LoadResult } from '../load/load.ts'
import type { Stage } from '../stage.ts'
import { type CpuClock, readCpu } from './cpu.ts'

export const few = 64
export const many = 512

export const bookPath = `/v1/campaigns/${campaignFile.id}/reservations`

/** Closed loop at 64 and 512 connections, and an open loop at half of what it took. */
export async function measureServing(stage: Stage, serverPid: number): Promise<Figures> {
  const { seconds, warmUpSeconds } = stage.sizes
  await stage.book(bookPath, { loop: 'closed', connections: many, seconds: warmUpSeconds })
  const at64 = await stage.book(bookPath, { loop: 'closed', connections: few, seconds })
  const before = readCpu()
  const at512 = await stage.book(bookPath, { loop: 'closed', connections: many, seconds })
  const after = readCpu()
  const open = await measureOpenLoop(stage, at512.acceptedPerSecond / 2)
  return {
    acceptedPerSecondAt64: at64.acceptedPerSecond,
    p50MsAt64: at64.p50Ms,
    p99MsAt64: at64.p99Ms,
    acceptedPerSecond: at512.acceptedPerSecond,
    p50Ms: at512.p50Ms,
    p99Ms: at512.p99Ms,
    openLoopPerSecond: open.acceptedPerSecond,
    openLoopP50Ms: open.p50Ms,
    openLoopP99Ms: open.p99Ms,
    ...(before && after && cpuOf(stage, serverPid, before, after, at512)),
  }
}

/** Where the machine's time went: processor time for each request accepted, in microseconds, and what strangers took of it all. */
function cpuOf({ storePids }: Stage, serverPid: number, before: CpuClock, after: CpuClock, load: LoadResult): Figures {
  const spent = (pid: number) => after.under(pid) - before.under(pid)
  const each = (seconds: number) => (seconds * 1e6) / load.accepted
  const all = availableParallelism() * ((load.lastAnsweredAt - load.firstSentAt) / 1_000)
  return {
    serverCpuUs: each(spent(serverPid)),
    storesCpuUs: each(storePids.reduce((sum, pid) => sum + spent(pid), 0)),
    generatorCpuUs: each(load.cpuSeconds),
    othersShare: Math.max(0, after.all - before.all - spent(process.pid)) / all,
  }
}

export const measureOpenLoop = (stage: Stage, perSecond: number) =>
  stage.book(bookPath, { loop: 'open', connections: many, perSecond, seconds: stage.sizes.seconds })

/** What one round says of one contender. Rates per second, times in ms unless the name says otherwise. */
export type Figures = {
  /** Closed loop at 64 connections, nothing deciding behind it. */
  acceptedPerSecondAt64?: number
  p50MsAt64?: number
  p99MsAt64?: number
  /** Closed loop at 512 connections, nothing deciding behind it. */
  acceptedPerSecond?: number
  p50Ms?: number
  p99Ms?: number
  /** Processor time for each of these, in microseconds; and the share of all cores that other processes took meanwhile. */
  serverCpuUs?: number
  storesCpuUs?: number
  generatorCpuUs?: number
  othersShare?: number
  /** Open loop at half of `acceptedPerSecond`, nothing deciding behind it. */
  openLoopPerSecond?: number
  openLoopP50Ms?: number
  openLoopP99Ms?: number
  /** Open loop at half of `decidedPerSecond`, deciding at the same time. */
  decidingOpenLoopPerSecond?: number
  decidingOpenLoopP50Ms?: number
  decidingOpenLoopP99Ms?: number
  /** Taken and decided at the same time, closed loop at 512: requests over the time from the first send to the last decision. */
  decidedPerSecond?: number
  /** Meanwhile. */
  takenPerSecond?: number
  /** `decidedPerSecond` over what intake takes while the allocator stands still, in turns. */
  decidedToIntake?: number
  /** From the end of that load until nothing waited. */
  emptyAfterSeconds?: number
  /** For a burst of so many, from the first send to the last decision. */
  burstSeconds?: number
  /** A backlog decided with nothing else going on; the rates of its first and its last tenth. */
  drainedPerSecond?: number
  firstTenthPerSecond?: number
  lastTenthPerSecond?: number
  /** Rows of reservations (and of what belongs to each) written by one connection. */
  insertedPerSecond?: number
  /** `used_memory` for each request that waits. */
  redisBytesPerRequest?: number
  slotListsPerSecond?: number
  /** Answers that were no acceptance, over all that was asked. */
  refused?: number
  apiResidentMb?: number
  allocatorResidentMb?: number
}
export type FigureName = keyof Figures

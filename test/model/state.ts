import type { Batch, Batches, Row } from './batches.ts'
import type { Scenario } from './protocol.ts'

/** What an API does next. */
export const api = { idle: 0, close: 1, length: 2, join: 3, log: 4, readBack: 5, addJob: 6, append: 7 } as const
/** What a drainer does next. */
export const drainer = { idle: 0, hget: 1, again: 2, begin: 3, log: 4, addJob: 5, remove: 6 } as const
/** What it knows: of an API, that Redis answered, and that an earlier call may have been done; of a drainer, what its statement saw. */
export const redisAnswers = 1
export const perhapsDone = 2
export const sawPassing = 1

/** A process in one number: what it does next, with which batch, knowing what. */
export type Process = number
export const process = (next: number, batch: Batch = 0, knows = 0): Process => next | (batch << 3) | (knows << 5)
export const nextOf = (it: Process) => it & 7
export const batchOf = (it: Process): Batch => (it >> 3) & 3
export const knowsOf = (it: Process) => it >> 5

/** Everything that processes, stores and messages hold; and, for the promises, what has been told to whom. Each is a flat record. */
export type State = {
  /** So many batches have been closed; the next to be closed is this one. */
  closed: number
  /** Their clients hold a 202. */
  acked: Batches
  /** Their clients were told that they surely were not accepted. */
  refused: Batches
  /** Four bits per batch: those acknowledged before it was closed and not yet logged then, which it must not pass. */
  before: number

  // Postgres
  log: Row
  acceptedNumber: number
  /** Waiting batches that one with `redis_away` was logged over: what `late` is computed from. */
  passing: Batches
  late: Batches

  // Redis
  spool: Row
  jobs: Batches

  // Messages that nobody waits for any more
  lateInserts: Batches
  lateSpooledInserts: Batches
  /** Those whose statement began before `passing`. */
  lateBlindInserts: Batches
  lateAppends: Batches
  lateJoins: Batches
  lateRemovals: Batches

  // Processes
  apis: readonly Process[]
  drainers: readonly Process[]
  /** Jobs whose batch the log was seen to lack: about to be spooled. */
  lacking: Batches

  // For the promises
  /** Their API could not reach Redis when it accepted them. */
  unreached: Batches
  /** Their insert says `redis_away`. */
  away: Batches
  /** Passed by one whose API could not reach Redis: must be marked `late`. */
  mustBeLate: Batches
  /** Lost by a wiped Redis or a restored Postgres, as declared. */
  mayBeLost: Batches
  /** Held for a time by nothing but what was wiped or restored: no order is promised for them. */
  unordered: Batches
  wipes: number
  restores: number
  /** Which promise the last step broke; empty for none. */
  broken: string
}

export const firstState = ({ apis, drainers, wipes = 0, restores = 0 }: Scenario): State => ({
  closed: 0,
  acked: 0,
  refused: 0,
  before: 0,
  log: 0,
  acceptedNumber: 0,
  passing: 0,
  late: 0,
  spool: 0,
  jobs: 0,
  lateInserts: 0,
  lateSpooledInserts: 0,
  lateBlindInserts: 0,
  lateAppends: 0,
  lateJoins: 0,
  lateRemovals: 0,
  apis: Array<Process>(apis).fill(0),
  drainers: Array<Process>(drainers).fill(0),
  lacking: 0,
  unreached: 0,
  away: 0,
  mustBeLate: 0,
  mayBeLost: 0,
  unordered: 0,
  wipes,
  restores,
  broken: '',
})

/** Words that hold one state. */
export const stateWords = 5

/** Writes a state, of at most two APIs and two drainers, as five words: equal words, equal states. */
export function encode(state: State, words: Uint32Array): void {
  words[0] = state.log | (state.spool << 16)
  words[1] =
    state.before |
    (state.acked << 16) |
    (state.refused << 20) |
    (state.closed << 24) |
    (state.acceptedNumber << 27) |
    (state.wipes << 30) |
    (state.restores << 31)
  words[2] =
    state.passing |
    (state.late << 4) |
    (state.jobs << 8) |
    (state.lacking << 12) |
    (state.lateInserts << 16) |
    (state.lateSpooledInserts << 20) |
    (state.lateBlindInserts << 24) |
    (state.lateAppends << 28)
  words[3] =
    state.lateJoins |
    (state.lateRemovals << 4) |
    (state.unreached << 8) |
    (state.away << 12) |
    (state.mustBeLate << 16) |
    (state.mayBeLost << 20) |
    (state.unordered << 24)
  words[4] =
    (state.apis[0] ?? 0) |
    ((state.apis[1] ?? 0) << 8) |
    ((state.drainers[0] ?? 0) << 16) |
    ((state.drainers[1] ?? 0) << 24)
}

import type { FigureName } from './figures.ts'
import type { Results, Round } from './results.ts'
import { type Spread, spreadOf } from './spread.ts'

type Target = { atLeast: number } | { atMost: number }

type Term = [contender: string, figure: FigureName]

/** What is promised: a figure of ours, over another one of the same round where it is a ratio. */
type Promised = { key: string; says: string; unit?: string; of: Term; over?: Term | undefined; target: Target }

const promises: Promised[] = [
  {
    key: 'acceptedToEcho',
    says: 'accepted/s at 512, to the echo',
    of: ['junban', 'acceptedPerSecond'],
    over: ['echo', 'acceptedPerSecond'],
    target: { atLeast: 0.4 },
  },
  {
    key: 'acceptedToSynchronous',
    says: 'accepted/s at 512, to the synchronous API',
    of: ['junban', 'acceptedPerSecond'],
    over: ['synchronous', 'acceptedPerSecond'],
    target: { atLeast: 4 },
  },
  {
    key: 'acceptedToJobPerRequest',
    says: 'accepted/s at 512, to one job per request',
    of: ['junban', 'acceptedPerSecond'],
    over: ['job-per-request', 'acceptedPerSecond'],
    target: { atLeast: 1.3 },
  },
  {
    key: 'openLoopP99Ms',
    says: 'p99 of an open loop at half of that',
    unit: 'ms',
    of: ['junban', 'openLoopP99Ms'],
    target: { atMost: 25 },
  },
  {
    key: 'drainedToRaw',
    says: 'a backlog decided, to the raw limit',
    of: ['junban', 'drainedPerSecond'],
    over: ['raw-unnest', 'insertedPerSecond'],
    target: { atLeast: 0.5 },
  },
  {
    key: 'lastTenthToFirst',
    says: 'its last tenth, to its first',
    of: ['junban', 'lastTenthPerSecond'],
    over: ['junban', 'firstTenthPerSecond'],
    target: { atLeast: 0.85 },
  },
  {
    key: 'decidedToIntakeAlone',
    says: 'taken and decided at the same time, to intake alone',
    of: ['junban', 'decidedToIntake'],
    target: { atLeast: 0.7 },
  },
  {
    key: 'emptyAfterSeconds',
    says: 'nothing waits, after the end of that load',
    unit: 's',
    of: ['junban', 'emptyAfterSeconds'],
    target: { atMost: 1 },
  },
  {
    key: 'redisBytesPerRequest',
    says: 'Redis, for each request that waits',
    unit: 'bytes',
    of: ['junban', 'redisBytesPerRequest'],
    target: { atMost: 700 },
  },
  {
    key: 'apiResidentMb',
    says: 'RAM of the API, with the register loaded',
    unit: 'MB',
    of: ['register', 'apiResidentMb'],
    target: { atMost: 300 },
  },
  {
    key: 'allocatorResidentMb',
    says: 'RAM of the allocator, with the register loaded',
    unit: 'MB',
    of: ['register', 'allocatorResidentMb'],
    target: { atMost: 300 },
  },
  {
    key: 'slotListToEcho',
    says: 'pages of 10,000 slots/s, to the echo',
    of: ['junban', 'slotListsPerSecond'],
    over: ['echo', 'acceptedPerSecond'],
    target: { atLeast: 0.5 },
  },
]

export type Ratio = { key: string; says: string; unit: string; target: Target; met: boolean } & Spread

/** Those that could be measured. A ratio is made within each round, so that what slows a whole round down cancels out. */
export function ratiosOf(results: Results): Ratio[] {
  return promises.flatMap((promised) => {
    const { key, says, unit = '', target } = promised
    const spread = spreadOf(results.flatMap((round) => valueIn(round, promised) ?? []))
    if (!spread) return []
    const met = 'atLeast' in target ? spread.median >= target.atLeast : spread.median <= target.atMost
    return [{ key, says, unit, target, met, ...spread }]
  })
}

/** How a contender's accepted/s at 512 stands to the echo's. */
export const toEcho = (results: Results, contender: string): Spread | null =>
  spreadOf(
    results.flatMap(
      (round) => valueIn(round, { of: [contender, 'acceptedPerSecond'], over: ['echo', 'acceptedPerSecond'] }) ?? [],
    ),
  )

function valueIn(round: Round, { of, over }: Pick<Promised, 'of' | 'over'>): number | undefined {
  const value = round.get(of[0])?.[of[1]]
  if (value === undefined || !over) return value
  const divisor = round.get(over[0])?.[over[1]]
  return divisor === undefined ? undefined : value / divisor
}

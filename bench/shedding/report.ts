import { formatTable } from '#src/operations/commands/format-table.ts'
import type { LoadResult } from '../load/load.ts'
import type { About } from '../on-one-stage.ts'
import { type Spread, showSpread, spreadOf } from '../spread.ts'

/** What the service did with a load. */
export type Round = {
  load: LoadResult
  decidedPerSecond: number | null
  /** What `/status` said meanwhile, and its slowest answer. */
  seen: string[]
  slowestStatusMs: number
  secondsToNormal: number
}
/** One load, given again and again. */
export type Phase = { name: string; offeredPerSecond: number; rounds: Round[] }

export type Shedding = About & { takenPerSecond: number; unloaded: Phase; phases: Phase[] }

/** Who is accepted waits no longer than so many times what they wait when nothing is loaded. */
const acceptedTimes = 5
const refusedP99Ms = 50
const normalWithinSeconds = 5

type Promised = { name: string; measured: string; promised: string; holds: boolean }

export function promisesOf({ unloaded, phases }: Shedding): Promised[] {
  const unloadedMs = spread(unloaded, ({ load }) => load.p99Ms).median
  return phases.flatMap((phase) => {
    const times = spread(phase, ({ load }) => load.p99Ms / unloadedMs)
    const refused = spread(phase, ({ load }) => load.refusedP99Ms)
    const normal = spread(phase, ({ secondsToNormal }) => secondsToNormal)
    const others = phase.rounds.flatMap(({ load }) =>
      Object.entries(load.refused).filter(([status]) => status !== '503'),
    )
    return [
      {
        name: `${phase.name}: p99 of the accepted, to unloaded`,
        measured: showSpread(times, { digits: 1 }),
        promised: `at most ${acceptedTimes}`,
        holds: times.median <= acceptedTimes,
      },
      {
        name: `${phase.name}: p99 of the refused, ms`,
        measured: showSpread(refused),
        promised: `at most ${refusedP99Ms}`,
        holds: refused.median <= refusedP99Ms,
      },
      {
        name: `${phase.name}: answers that are neither 202 nor 503`,
        measured: String(others.reduce((sum, [, count]) => sum + count, 0)),
        promised: 'none',
        holds: others.length === 0,
      },
      {
        name: `${phase.name}: normal again after, s`,
        measured: showSpread(normal, { digits: 1 }),
        promised: `at most ${normalWithinSeconds}`,
        holds: normal.max <= normalWithinSeconds,
      },
    ]
  })
}

const spread = ({ rounds }: Phase, figure: (round: Round) => number): Spread => spreadOf(rounds.map(figure))!

export function describeShedding(report: Shedding): string {
  const { machine, node, commit, takenPerSecond, unloaded, phases } = report
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.ramGb} GB, ${machine.platform}; node ${node}; commit ${commit ?? 'unknown'}`,
    `Everything on it at once: the stores, one API, one allocator, and the load generator. Intake alone takes ${Math.round(takenPerSecond)}/s here.`,
    `Open loop: latencies count from the moment a request was to be sent. Medians of ${unloaded.rounds.length} rounds (least–most).`,
    '',
    formatTable([
      [
        '',
        'offered/s',
        'accepted/s',
        'p50 ms',
        'p99 ms',
        'refused',
        'p99 ms',
        'decided/s',
        'slowest /status ms',
        '/status said',
      ],
      ...[unloaded, ...phases].map((phase) => {
        const refused = spread(phase, ({ load }) => load.sent - load.accepted)
        return [
          phase.name,
          Math.round(phase.offeredPerSecond),
          showSpread(spread(phase, ({ load }) => load.acceptedPerSecond)),
          showSpread(spread(phase, ({ load }) => load.p50Ms)),
          showSpread(spread(phase, ({ load }) => load.p99Ms)),
          refused.max === 0 ? 'none' : showSpread(refused),
          showSpread(spread(phase, ({ load }) => load.refusedP99Ms)),
          phase.rounds.some(({ decidedPerSecond }) => decidedPerSecond === null)
            ? ''
            : showSpread(spread(phase, ({ decidedPerSecond }) => decidedPerSecond!)),
          showSpread(spread(phase, ({ slowestStatusMs }) => slowestStatusMs)),
          [...new Set(phase.rounds.flatMap(({ seen }) => seen))].join('; '),
        ]
      }),
    ]),
    '',
    formatTable([
      ['', '', 'measured', 'promised'],
      ...promisesOf(report).map(({ name, measured, promised, holds }) => [holds ? '✓' : '✗', name, measured, promised]),
    ]),
  ].join('\n')
}

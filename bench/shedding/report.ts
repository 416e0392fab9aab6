import { formatTable } from '#src/operations/commands/format-table.ts'
import type { LoadResult } from '../load/load.ts'
import type { About } from '../on-one-stage.ts'

/** One load, and what the service did with it. */
export type Phase = {
  name: string
  offeredPerSecond: number
  load: LoadResult
  decidedPerSecond: number | null
  /** What `/status` said meanwhile, and its slowest answer. */
  seen: string[]
  slowestStatusMs: number
  secondsToNormal: number
}

export type Shedding = About & { takenPerSecond: number; unloaded: Phase; phases: Phase[] }

/** Who is accepted waits no longer than so many times what they wait when nothing is loaded. */
const acceptedTimes = 5
const refusedP99Ms = 50
const normalWithinSeconds = 5

type Promised = { name: string; measured: string; promised: string; holds: boolean }

export function promisesOf({ unloaded, phases }: Shedding): Promised[] {
  return phases.flatMap(({ name, load, secondsToNormal }) => {
    const times = load.p99Ms / unloaded.load.p99Ms
    const others = Object.entries(load.refused).filter(([status]) => status !== '503')
    return [
      {
        name: `${name}: p99 of the accepted, to unloaded`,
        measured: times.toFixed(1),
        promised: `at most ${acceptedTimes}`,
        holds: times <= acceptedTimes,
      },
      {
        name: `${name}: p99 of the refused`,
        measured: `${Math.round(load.refusedP99Ms)} ms`,
        promised: `at most ${refusedP99Ms} ms`,
        holds: load.refusedP99Ms <= refusedP99Ms,
      },
      {
        name: `${name}: answers that are neither 202 nor 503`,
        measured: String(others.reduce((sum, [, count]) => sum + count, 0)),
        promised: 'none',
        holds: others.length === 0,
      },
      {
        name: `${name}: normal again after`,
        measured: `${secondsToNormal.toFixed(1)} s`,
        promised: `at most ${normalWithinSeconds} s`,
        holds: secondsToNormal <= normalWithinSeconds,
      },
    ]
  })
}

export function describeShedding(report: Shedding): string {
  const { machine, node, commit, takenPerSecond, unloaded, phases } = report
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.ramGb} GB, ${machine.platform}; node ${node}; commit ${commit ?? 'unknown'}`,
    `Everything on it at once: the stores, one API, one allocator, and the load generator. Intake alone takes ${Math.round(takenPerSecond)}/s here.`,
    'Open loop: latencies count from the moment a request was to be sent.',
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
      ...[unloaded, ...phases].map(({ name, offeredPerSecond, load, decidedPerSecond, seen, slowestStatusMs }) => [
        name,
        Math.round(offeredPerSecond),
        Math.round(load.acceptedPerSecond),
        Math.round(load.p50Ms),
        Math.round(load.p99Ms),
        Object.entries(load.refused)
          .map(([status, count]) => `${count} (${status})`)
          .join(', ') || 'none',
        Math.round(load.refusedP99Ms),
        decidedPerSecond === null ? '' : String(Math.round(decidedPerSecond)),
        Math.round(slowestStatusMs),
        seen.join('; '),
      ]),
    ]),
    '',
    formatTable([
      ['', '', 'measured', 'promised'],
      ...promisesOf(report).map(({ name, measured, promised, holds }) => [holds ? '✓' : '✗', name, measured, promised]),
    ]),
  ].join('\n')
}

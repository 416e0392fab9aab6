import { formatNumber, formatTable } from '#src/operations/commands/format-table.ts'
import type { Contender } from './contenders/contender.ts'
import type { FigureName } from './figures.ts'
import type { Machine } from './machine.ts'
import { type Ratio, ratiosOf, toEcho } from './ratios.ts'
import { figureOf, type Results } from './results.ts'
import type { Sizes } from './sizes.ts'
import { showSpread } from './spread.ts'

export type Run = {
  machine: Machine
  node: string
  commit: string | null
  startedAt: string
  sizes: Sizes
  contenders: Contender[]
  results: Results
}

type Column = { title: string; figure: FigureName; digits?: number; spread?: boolean }

/** More than this share of the machine taken by strangers, and the figures say more about them than about us. */
const maxOthersShare = 0.05

const serving: Column[] = [
  { title: 'accepted/s at 512', figure: 'acceptedPerSecond', spread: true },
  { title: 'p50 ms', figure: 'p50Ms', digits: 1 },
  { title: 'p99 ms', figure: 'p99Ms', digits: 1, spread: true },
  { title: 'accepted/s at 64', figure: 'acceptedPerSecondAt64', spread: true },
  { title: 'p50 ms', figure: 'p50MsAt64', digits: 1 },
  { title: 'p99 ms', figure: 'p99MsAt64', digits: 1 },
  { title: 'open loop/s', figure: 'openLoopPerSecond' },
  { title: 'p50 ms', figure: 'openLoopP50Ms', digits: 1 },
  { title: 'p99 ms', figure: 'openLoopP99Ms', digits: 1, spread: true },
]

const cpu: Column[] = [
  { title: 'server µs', figure: 'serverCpuUs' },
  { title: 'stores µs', figure: 'storesCpuUs' },
  { title: 'generator µs', figure: 'generatorCpuUs' },
]

const deciding: Column[] = [
  { title: 'decided/s', figure: 'decidedPerSecond', spread: true },
  { title: 'taken/s', figure: 'takenPerSecond' },
  { title: 'empty after s', figure: 'emptyAfterSeconds', digits: 2, spread: true },
  { title: 'burst s', figure: 'burstSeconds', digits: 2, spread: true },
  { title: 'open loop/s', figure: 'decidingOpenLoopPerSecond' },
  { title: 'p99 ms', figure: 'decidingOpenLoopP99Ms', digits: 1, spread: true },
  { title: 'backlog/s', figure: 'drainedPerSecond', spread: true },
  { title: 'inserted/s', figure: 'insertedPerSecond', spread: true },
  { title: 'Redis bytes', figure: 'redisBytesPerRequest' },
]

/** The run, for people. */
export function describeRun(run: Run): string {
  const { machine, node, commit, sizes, contenders, results } = run
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.ramGb} GB, ${machine.platform}; node ${node}; commit ${commit ?? 'unknown'}`,
    `Everything on it at once: the stores, the contender, and the load generator. Medians of ${sizes.rounds} round${sizes.rounds === 1 ? '' : 's'} (least–most).`,
    '',
    ...contenders.map(({ name, says }) => `  ${name.padEnd(16)} ${says}`),
    ...section(
      [
        'TAKING: with nothing deciding behind it, except where the answer is the decision. Open loop: at half of what it took at 512.',
      ],
      table(serving, contenders, results, ['to the echo', (name) => showSpread(toEcho(results, name), { digits: 2 })]),
    ),
    ...section(['PROCESSOR TIME for each request accepted at 512, in microseconds.'], table(cpu, contenders, results)),
    ...section(
      [
        `DECIDING: at the same time, closed loop at 512 until nothing waits. Burst: ${formatNumber(sizes.burst)} bookings, from the first send to the`,
        `last decision. Open loop: at half of what is decided. Backlog: ${formatNumber(sizes.backlog)} or more that waited, with nothing else going on.`,
      ],
      table(deciding, contenders, results),
    ),
    ...section(['PROMISED'], promisedTable(ratiosOf(results))),
    ...warnings(contenders, results),
  ].join('\n')
}

/** A heading and its table; nothing where nothing was measured. */
const section = (heading: string[], table: string): string[] => (table ? ['', ...heading, '', table] : [])

/** What makes the figures doubtful: strangers on the machine, and requests that were refused. */
function warnings(contenders: Contender[], results: Results): string[] {
  const most = (name: string, figure: FigureName) => figureOf(results, name, figure)?.max ?? 0
  const others = Math.max(0, ...contenders.map(({ name }) => most(name, 'othersShare')))
  const refusing = contenders.filter(({ name }) => most(name, 'refused') > 0)
  return [
    ...(others > maxOthersShare
      ? [
          '',
          `Other processes took up to ${Math.round(others * 100)} % of the machine meanwhile: measure again when it is quiet.`,
        ]
      : []),
    ...refusing.map(({ name }) => `${name} refused up to ${formatNumber(most(name, 'refused'))} requests of a round.`),
  ]
}

/** The run, for programs: medians, and beside them the spread. */
export function toJson(run: Run) {
  const { machine, node, commit, startedAt, sizes, contenders, results } = run
  const ratios = ratiosOf(results)
  return {
    machine,
    node,
    commit,
    startedAt,
    sizes,
    rows: contenders.map(({ name, says }) => {
      const median = (figure: FigureName) => figureOf(results, name, figure)?.median ?? null
      return {
        name,
        says,
        acceptedPerSecond: median('acceptedPerSecond'),
        decidedPerSecond: median('decidedPerSecond') ?? median('insertedPerSecond'),
        p50Ms: median('p50Ms'),
        p99Ms: median('p99Ms'),
        figures: Object.fromEntries(
          figuresOf(results, name).map((figure) => [figure, figureOf(results, name, figure)]),
        ),
      }
    }),
    ratios: Object.fromEntries(ratios.map(({ key, median }) => [key, median])),
    promised: ratios,
  }
}

const figuresOf = (results: Results, contender: string) => [
  ...new Set(results.flatMap((round) => Object.keys(round.get(contender) ?? {}) as FigureName[])),
]

/** One line for each contender that has something to show in these columns. */
function table(
  columns: Column[],
  contenders: Contender[],
  results: Results,
  ...more: [title: string, cell: (name: string) => string][]
): string {
  const lines = contenders
    .map(({ name }) => [name, ...columns.map((column) => showSpread(figureOf(results, name, column.figure), column))])
    .filter((cells) => cells.slice(1).some((cell) => cell !== ''))
    .map((cells) => [...cells, ...more.map(([, cell]) => cell(cells[0]!))])
  if (lines.length === 0) return ''
  return formatTable([['', ...columns.map(({ title }) => title), ...more.map(([title]) => title)], ...lines])
}

function promisedTable(ratios: Ratio[]): string {
  if (ratios.length === 0) return ''
  const lines = ratios.map(({ says, unit, target, met, ...spread }) => {
    const digits = unit === 's' || unit === '' ? 2 : 0
    const wanted = 'atLeast' in target ? `at least ${target.atLeast}` : `at most ${target.atMost}`
    return [met ? '✓' : '✗', says, showSpread(spread, { digits }), unit, wanted]
  })
  return formatTable([['', '', 'measured', '', 'promised'], ...lines])
}

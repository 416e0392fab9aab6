import { formatNumber, formatTable } from '#src/operations/commands/format-table.ts'
import type { About } from '../on-one-stage.ts'
import type { Phase } from './steady-load.ts'

export type ImportsReport = About & {
  /** `tenthPeakMb`: the most RAM for a tenth of the file. `holdUpMs`: the longest that the API's event loop stood still meanwhile. */
  vouchers: {
    rows: number
    seconds: number
    rowsPerSecond: number
    peakMb: number
    tenthPeakMb: number
    againSeconds: number
    holdUpMs: number
  }
  bad: {
    rows: number
    seconds: number
    exitCode: number
    counted: number
    namedByLine: number
    importedAnyway: number
    registerTouched: boolean
  }
  slots: { rows: number; seconds: number; rowsPerSecond: number; peakMb: number }
  changed: {
    new: number
    changed: number
    same: number
    seconds: number
    peakMb: number
    refusedBefore: boolean
    /** From the commit until a voucher that is new was accepted. */
    eligibleAfterMs: number
    correctedBooks: boolean
    oldDateRefused: boolean
  }
  meanwhile: ({ name: string; holdUpMs: number } & Phase)[]
}

const leastRowsPerSecond = 40_000
const mostHoldUpMs = 100
/** A register of 650,000 is read in 40 pages, between which everybody else is served. */
const mostEligibleAfterMs = 10_000
/** A file ten times as long may take this much more, of which the file would be 14 MB: what the collector has not yet taken away. */
const mostGrowthMb = 150

const refusedOf = ({ refused }: Phase) => Object.values(refused).reduce((sum, count) => sum + count, 0)

/** What is promised of imports, and whether this run kept it. */
function promisesOf({ vouchers, bad, changed, meanwhile }: ImportsReport): [says: string, kept: boolean][] {
  const holdUpMs = Math.max(vouchers.holdUpMs, ...meanwhile.map((phase) => phase.holdUpMs))
  return [
    [
      `at least ${formatNumber(leastRowsPerSecond)} vouchers/s into an empty register`,
      vouchers.rowsPerSecond >= leastRowsPerSecond,
    ],
    ['memory does not grow with the file', vouchers.peakMb - vouchers.tenthPeakMb <= mostGrowthMb],
    ['every bad row is named by its line', bad.namedByLine === bad.rows && bad.counted === bad.rows],
    ['with a bad row nothing is imported', bad.exitCode === 1 && bad.importedAnyway === 0 && !bad.registerTouched],
    [
      `who is new is let in within ${mostEligibleAfterMs} ms of the commit, and was refused before`,
      changed.refusedBefore && changed.eligibleAfterMs <= mostEligibleAfterMs,
    ],
    ['a corrected birth date books, the old one does not any more', changed.correctedBooks && changed.oldDateRefused],
    ['nobody else is refused meanwhile', meanwhile.every((phase) => refusedOf(phase) === 0)],
    [`the API’s event loop is never held up for ${mostHoldUpMs} ms`, holdUpMs <= mostHoldUpMs],
  ]
}

export const keepsPromises = (report: ImportsReport) => promisesOf(report).every(([, kept]) => kept)

/** The run, for people. */
export function describeImports(report: ImportsReport): string {
  const { machine, node, commit, vouchers, bad, slots, changed, meanwhile } = report
  const whole = (number: number) => formatNumber(Math.round(number))
  const one = (number: number) => number.toFixed(1)
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.ramGb} GB, ${machine.platform}; node ${node}; commit ${commit ?? 'unknown'}`,
    'Everything on it at once: the stores (on disk at each commit), the importing process, an API, an allocator, and those who book.',
    'Each import is `npm run junban -- … import`; its memory is the most that the process had (VmHWM).',
    '',
    formatTable([
      ['', 'rows', 'seconds', 'rows/s', 'peak MB'],
      [
        'vouchers, into an empty register',
        vouchers.rows,
        one(vouchers.seconds),
        whole(vouchers.rowsPerSecond),
        whole(vouchers.peakMb),
      ],
      ['a tenth of them, --dry-run', vouchers.rows / 10, '', '', whole(vouchers.tenthPeakMb)],
      [
        'the same file again',
        vouchers.rows,
        one(vouchers.againSeconds),
        whole(vouchers.rows / vouchers.againSeconds),
        '',
      ],
      [
        `with ${formatNumber(bad.rows)} bad rows`,
        vouchers.rows,
        one(bad.seconds),
        whole(vouchers.rows / bad.seconds),
        '',
      ],
      [
        'changed ones, while people book',
        changed.new + changed.changed + changed.same,
        one(changed.seconds),
        whole((changed.new + changed.changed + changed.same) / changed.seconds),
        whole(changed.peakMb),
      ],
      [
        'slots, SMART Scheduling Links',
        slots.rows,
        one(slots.seconds),
        whole(slots.rowsPerSecond),
        whole(slots.peakMb),
      ],
    ]),
    '',
    `Bad rows: ${formatNumber(bad.counted)} counted, ${formatNumber(bad.namedByLine)} named by their line, ${bad.importedAnyway} rows imported.`,
    `Changed: ${formatNumber(changed.new)} new, ${formatNumber(changed.changed)} corrected, ${formatNumber(changed.same)} the same. ` +
      `A new voucher was accepted ${whole(changed.eligibleAfterMs)} ms after the commit.`,
    '',
    'Those who book, by a fixed schedule: latency from when each was to be sent; the longest time without an acceptance; the longest',
    'that the API’s event loop was held up.',
    '',
    formatTable([
      ['', 'seconds', 'asked', 'not accepted', 'p50 ms', 'p99 ms', 'most ms', 'gap ms', 'held up ms'],
      ...meanwhile.map((phase) => [
        phase.name,
        one(phase.seconds),
        phase.sent,
        refusedOf(phase),
        one(phase.p50Ms),
        one(phase.p99Ms),
        whole(phase.maxMs),
        whole(phase.longestGapMs),
        whole(phase.holdUpMs),
      ]),
    ]),
    '',
    formatTable([['', ''], ...promisesOf(report).map(([says, kept]) => [kept ? '✓' : '✗', says])]).trimStart(),
  ].join('\n')
}

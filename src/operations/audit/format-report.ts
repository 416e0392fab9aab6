import { maxShownOfKind } from '../../postgres/invariants/violations.ts'
import { formatNumber, formatTable } from '../commands/format-table.ts'
import type { AuditReport } from './audit-invariants.ts'

/** The report for a terminal: a table of the invariants, then every kind of violation with its first rows, then the verdict. */
export function formatReport(report: AuditReport): string {
  const heading = ['invariant', 'checked', 'violations']
  const rows = report.invariants.map(({ promise, checked, violations }) => [
    promise,
    listCounts(checked),
    sum(Object.values(violations)),
  ])
  const notes = report.notes.map((note) => `note: ${note}`)
  return [formatTable([heading, ...rows]), ...describeViolations(report), describeState(report), ...notes].join('\n\n')
}

function describeViolations({ invariants, violations }: AuditReport): string[] {
  const totals = invariants.flatMap((invariant) => Object.entries(invariant.violations))
  return totals.map(([kind, total]) => {
    const shown = violations.filter((violation) => violation.kind === kind)
    const lines = shown.map(({ campaign, lane, number, id, expected, found }) => {
      const where = [campaign, lane, number === null ? null : formatNumber(number), id].filter((part) => part !== null)
      return `  ${where.join(' ')}: expected ${expected}; found ${found}`
    })
    const more = total > maxShownOfKind ? [`  … and ${formatNumber(total - maxShownOfKind)} more`] : []
    return [`${kind}: ${formatNumber(total)}`, ...lines, ...more].join('\n')
  })
}

function describeState({ holds, invariants, passedLate, ...counts }: AuditReport): string {
  const { accepted, decided, waiting, setAside, spooled } = counts
  const state = listCounts({
    accepted,
    decided,
    waiting,
    'set aside': setAside,
    ...(passedLate !== null && { spooled }),
  })
  const late = passedLate ? `; ${formatNumber(passedLate)} stand before an earlier one that is late` : ''
  const total = sum(invariants.flatMap(({ violations }) => Object.values(violations)))
  return `${holds ? 'every invariant holds' : `${formatNumber(total)} violations`} (${state}${late})`
}

const listCounts = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([what, count]) => `${formatNumber(count)} ${what}`)
    .join(', ')

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)

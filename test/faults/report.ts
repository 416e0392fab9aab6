import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatTable } from '#src/operations/commands/format-table.ts'
import { allFaults, pairs } from './kinds/all.ts'
import type { Row } from './trial.ts'

const top = join(import.meta.dirname, '../..')
const folder = join(top, 'reports/faults')

/** What must hold for each fault. */
const longestGapMs = 1_000
const longestReturnMs = 10_000

/** Why a row does not show what it must; empty when it does. */
export const faultsOf = (row: Row): string[] => [...wrongs(row), ...slownesses(row)]

/** Whether all that a row does not show is speed: a machine that others use is slow now and then. */
export const isSlowOnly = (row: Row) => wrongs(row).length === 0 && slownesses(row).length > 0

const wrongs = (row: Row) =>
  [
    row.lost > 0 && `${row.lost} lost`,
    row.doubled > 0 && `${row.doubled} decided twice`,
    row.accepted + row.refused !== row.sent && `${row.sent - row.accepted - row.refused} without an answer in the end`,
    ...row.violations,
  ].filter((fault) => fault !== false)

const slownesses = (row: Row) =>
  [
    row.gapMs > longestGapMs && `nobody accepted for ${row.gapMs} ms`,
    (row.normalMs === null || row.normalMs > longestReturnMs) &&
      `normal after ${row.normalMs ?? 'more than 40,000'} ms`,
  ].filter((fault) => fault !== false)

const heading = [
  'fault', 'requests', 'accepted', 'refused', 'sent again (503)', 'sent again (cut)', 'decided', 'lost', 'declared loss',
  'twice', 'longest gap, ms', 'normal after, ms',
] // biome-ignore format: one line each would be no clearer

const cells = (row: Row) =>
  [row.fault, row.sent, row.accepted, row.refused, row.unavailable, row.cut, row.decided, row.lost, row.declared, row.doubled, row.gapMs, row.normalMs ?? '-'] // biome-ignore format: as the heading

const number = (value: string | number) => (typeof value === 'number' ? value.toLocaleString('en') : value)

export const textTable = (rows: Row[]) => formatTable([heading, ...rows.map(cells)])

export const markdownTable = (rows: Row[]) =>
  [heading, heading.map((_, n) => (n === 0 ? '---' : '---:')), ...rows.map(cells)]
    .map((line) => `| ${line.map(number).join(' | ')} |`)
    .join('\n')

/** A row in a line. */
export const describe = (row: Row) =>
  heading
    .slice(1)
    .map((what, n) => `${what} ${number(cells(row)[n + 1]!)}`)
    .join(' · ') +
  ` · ${Object.entries(row.mix)
    .map(([what, count]) => `${what} ${number(count)}`)
    .join(' · ')} · ${row.seconds} s`

type Kept = Row & { key: string }

/**
 * Writes `reports/faults/NAME.ndjson`, a row a line, and `NAME.txt`, the table. A run may be done in parts: rows of the same name are
 * replaced, others kept. The table of each kind of fault goes into ARCHITECTURE.md as well.
 */
export function keepReport(
  name: string,
  rows: [key: string, row: Row][],
  { isTable, seed }: { isTable: boolean; seed: number },
) {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name}.ndjson`)
  const known: Kept[] = existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : []
  const byKey = new Map([
    ...known.map((row) => [row.key, row] as const),
    ...rows.map(([key, row]) => [key, { key, ...row }] as const),
  ])
  const all = [...byKey.values()].toSorted(byPlace)
  writeFileSync(file, all.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const broken = all.filter((row) => faultsOf(row).length > 0).length
  const summary = `seed ${seed}: ${all.length} faults, ${broken} with a broken promise; in all ${describeSums(all)}`
  writeFileSync(join(folder, `${name}.txt`), `${textTable(all)}\n\n${summary}\n`)
  if (isTable) writeIntoArchitecture(markdownTable(all))
}

const places = new Map([...allFaults, ...pairs].map(({ name }, n) => [name, n]))
const placeOf = ({ key }: Kept) => places.get(key) ?? Number(key)
const byPlace = (a: Kept, b: Kept) => placeOf(a) - placeOf(b)

function describeSums(rows: Row[]): string {
  const sum = (of: (row: Row) => number) => number(rows.reduce((total, row) => total + of(row), 0))
  return [
    `${sum((row) => row.sent)} requests`,
    `${sum((row) => row.accepted)} accepted`,
    `${sum((row) => row.decided)} decided`,
    `${sum((row) => row.lost)} lost`,
    `${sum((row) => row.declared)} declared loss`,
    `${sum((row) => row.doubled)} decided twice`,
    `the machine itself stood still ${sum((row) => row.stalls ?? 0)} times`,
    `longest gap ${number(Math.max(...rows.map(({ gapMs }) => gapMs)))} ms`,
    `normal after at most ${number(Math.max(...rows.map(({ normalMs }) => normalMs ?? Number.POSITIVE_INFINITY)))} ms`,
  ].join(', ')
}

const [begin, end] = ['<!-- faults: written by npm run soak -- --table -->', '<!-- /faults -->']

function writeIntoArchitecture(table: string) {
  const file = join(top, 'ARCHITECTURE.md')
  const text = readFileSync(file, 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${file} has no place for the table of faults`)
  writeFileSync(file, `${text.slice(0, from)}${begin}\n\n${table}\n\n${text.slice(to)}`)
}

import { UserError } from '../errors.ts'

/** Most bad rows that a terminal shows: enough to see what is wrong, few enough to be read. */
const maxBadRowsShown = 20
/** Most that are named to a program (`--json`): a file is mended once, not twenty lines at a time. The others are counted. */
export const maxBadRowsNamed = 10_000

/** A line of a file and what is wrong with it. Never a voucher or a birth date: the message goes to a terminal and its log. */
export type BadRow = { file: string; line: number; message: string }

/** Nothing was imported, and why. */
export class BadRowsError extends UserError {
  readonly rows: BadRow[]
  readonly total: number

  constructor(rows: BadRow[], total: number) {
    const count = (number: number) => number.toLocaleString('en')
    super(
      [
        `${count(total)} bad ${total === 1 ? 'row' : 'rows'}, so nothing was imported:`,
        ...rows.slice(0, maxBadRowsShown).map(({ file, line, message }) => `  ${file}:${line}: ${message}`),
        ...(total > maxBadRowsShown ? [`  … and ${count(total - maxBadRowsShown)} more (--json names them)`] : []),
      ].join('\n'),
    )
    this.rows = rows
    this.total = total
  }
}

/** Gathers bad rows: keeps the first, counts all. */
export function createBadRows() {
  const rows: BadRow[] = []
  let total = 0
  return {
    add(file: string, line: number, message: string) {
      total++
      if (rows.length < maxBadRowsNamed) rows.push({ file, line, message })
    },
    /** Takes what a statement found: its first rows, each with the total. */
    addFound<T extends { line: number; total: number }>(
      found: T[],
      fileOf: (row: T) => string,
      messageOf: (row: T) => string,
    ) {
      for (const row of found) this.add(fileOf(row), row.line, messageOf(row))
      total += (found[0]?.total ?? 0) - found.length
    },
    throwIfAny() {
      if (total > 0) throw new BadRowsError(inOrder(rows), total)
    },
  }
}

/** By line, within the files as they came. */
function inOrder(rows: BadRow[]): BadRow[] {
  const files = [...new Set(rows.map(({ file }) => file))]
  return rows.toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line)
}

export type BadRows = ReturnType<typeof createBadRows>

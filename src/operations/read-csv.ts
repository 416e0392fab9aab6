import { parse } from 'csv-parse/sync'
import { UserError } from '../errors.ts'
import type { BadRows } from './bad-rows.ts'
import { type Encoding, type Line, maxLineLength, readLines } from './read-lines.ts'

/** A row: the line it begins on, and its cells, trimmed, in the order in which the columns were asked for. */
export type CsvRow = { line: number; cells: string[] }

export type CsvForm = { columns: string[]; optional?: string[] }

/** The rows of a CSV file with a header, in groups as they are read: `parseCsv`. */
export const readCsv = (
  path: string,
  { encoding, bad, ...form }: CsvForm & { encoding: Encoding; bad: BadRows },
): AsyncGenerator<CsvRow[]> => parseCsv(readLines(path, encoding), { ...form, name: path, bad })

/**
 * The rows of CSV lines with a header, in groups as they come. Columns may stand in any order; one that is `optional` and
 * missing gives ''. Rows with another number of cells, broken quotes or too long go to `bad`. Throws a UserError when the
 * columns are others.
 *
 * Lines are joined here and only those with a quote are given to csv-parse: it counts a CRLF inside quotes as two lines,
 * and ends at the first row that it cannot parse, where every bad row is wanted by its line.
 */
export async function* parseCsv(
  found: AsyncIterable<Line[]>,
  { name: path, columns, optional = [], bad }: CsvForm & { name: string; bad: Pick<BadRows, 'add'> },
): AsyncGenerator<CsvRow[]> {
  let header: { width: number; places: number[] } | undefined
  let open: { line: number; text: string } | undefined

  function readRow(line: number, text: string): CsvRow | undefined {
    const cells = splitCells(text)
    if (!header) {
      header = readHeader(path, cells ?? [], columns, optional)
    } else if (!cells) {
      bad.add(path, line, 'has broken quotes')
    } else if (cells.length !== header.width) {
      bad.add(path, line, `has ${cells.length} cells instead of ${header.width}`)
    } else {
      return { line, cells: header.places.map((place) => (place < 0 ? '' : cells[place]!.trim())) }
    }
  }

  function takeLine({ number, text }: Line): CsvRow | undefined {
    if (text === null) {
      bad.add(path, number, `is longer than ${maxLineLength} characters`)
      return
    }
    if (open) {
      open.text += `\n${text}`
    } else {
      if (text.trim() === '') return
      open = { line: number, text }
    }
    if (open.text.length > maxLineLength) {
      bad.add(path, open.line, 'opens a quote that is not closed')
      open = undefined
    } else if (hasClosedQuotes(open.text)) {
      const whole = open
      open = undefined
      return readRow(whole.line, whole.text)
    }
  }

  for await (const lines of found) {
    yield lines.map(takeLine).filter((row) => row !== undefined)
  }
  if (open) bad.add(path, open.line, 'opens a quote that is not closed')
  if (!header) readHeader(path, [], columns, optional)
}

function readHeader(path: string, cells: string[], columns: string[], optional: string[]) {
  const names = cells.map((cell) => cell.trim())
  const missing = columns.filter((column) => !names.includes(column) && !optional.includes(column))
  const unknown = names.filter((name, place) => !columns.includes(name) || names.indexOf(name) !== place)
  if (missing.length > 0 || unknown.length > 0) {
    throw new UserError(
      `${path}: the first line must name the columns ${columns.join(',')}` +
        (missing.length > 0 ? `; missing: ${missing.join(', ')}` : `; not known or doubled: ${unknown.length}`),
    )
  }
  return { width: names.length, places: columns.map((column) => names.indexOf(column)) }
}

function hasClosedQuotes(text: string): boolean {
  let quotes = 0
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes++
  return quotes % 2 === 0
}

/** Null when it cannot be parsed. */
function splitCells(text: string): string[] | null {
  if (!text.includes('"')) return text.split(',')
  try {
    return parse(text, { relaxColumnCount: true, recordDelimiter: '\0' })[0] ?? null
  } catch {
    return null
  }
}

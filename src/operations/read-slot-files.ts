import { basename } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { UserError } from '../errors.ts'
import type { Location } from '../postgres/locations.ts'
import type { Schedule } from '../postgres/schedules.ts'
import type { StagedSlot } from '../postgres/staged-slots.ts'
import type { BadRows } from './bad-rows.ts'
import { parseSlotRow, slotColumns } from './parse-slot-row.ts'
import { parseSmartLine } from './parse-smart-line.ts'
import { readCsv } from './read-csv.ts'
import { detectEncoding, maxLineLength, peekText, readLines } from './read-lines.ts'

/** Most locations, and most schedules, of one import: they are kept in memory, unlike slots. */
const maxCatalogueRows = 100_000

/** Something read, and where it stood first. */
export type Placed<T> = { row: T; file: string; line: number }

export type SlotCatalogue = {
  locations: Map<string, Placed<Location>>
  schedules: Map<string, Placed<Schedule>>
  /** Files that hold no rows by their nature: the manifest of a bulk publication. */
  skipped: string[]
}

/**
 * Reads files of locations, schedules and slots in any order: slots are handed to `stage` as they come, the others returned. Bad
 * rows go to `bad`; of a location or schedule that is stated twice, only a contradiction is bad.
 */
export async function readSlotFiles({
  files,
  timeZone,
  stage,
  bad,
  progress,
}: {
  files: string[]
  timeZone: string
  stage: (slots: StagedSlot[]) => Promise<void>
  bad: BadRows
  progress?: ((rows: number) => void) | undefined
}): Promise<SlotCatalogue> {
  const catalogue: SlotCatalogue = { locations: new Map(), schedules: new Map(), skipped: [] }
  let read = 0

  for (const [index, file] of files.entries()) {
    const kind = await detectKind(file)
    if (kind === 'manifest') catalogue.skipped.push(file)
    else if (kind === 'csv') await readSlotCsv(index, file)
    else await readSmartFile(index, file)
  }
  return catalogue

  async function readSlotCsv(index: number, file: string) {
    const encoding = await detectEncoding(file)
    for await (const rows of readCsv(file, { encoding, columns: slotColumns, optional: ['slotId'], bad })) {
      const slots: StagedSlot[] = []
      for (const { line, cells } of rows) {
        const parsed = parseSlotRow(cells, timeZone)
        if (typeof parsed === 'string') bad.add(file, line, parsed)
        else if (
          keep(catalogue.locations, { row: parsed.location, file, line }, 'location') &&
          keep(catalogue.schedules, { row: parsed.schedule, file, line }, 'schedule')
        )
          slots.push({ ...parsed.slot, file: index, line })
      }
      await handOn(slots, rows.length)
    }
  }

  async function readSmartFile(index: number, file: string) {
    const encoding = await detectEncoding(file)
    for await (const lines of readLines(file, encoding)) {
      const slots: StagedSlot[] = []
      for (const { number: line, text } of lines) {
        if (text === null) bad.add(file, line, `is longer than ${maxLineLength} characters`)
        if (!text?.trim()) continue
        const parsed = parseSmartLine(text)
        if (parsed.kind === 'bad') bad.add(file, line, parsed.message)
        else if (parsed.kind === 'slot') slots.push({ ...parsed.slot, file: index, line })
        else if (parsed.kind === 'location') keep(catalogue.locations, { row: parsed.location, file, line }, 'location')
        else keep(catalogue.schedules, { row: parsed.schedule, file, line }, 'schedule')
      }
      await handOn(slots, lines.length)
    }
  }

  async function handOn(slots: StagedSlot[], rows: number) {
    if (slots.length > 0) await stage(slots)
    read += rows
    progress?.(read)
  }

  function keep<T extends { id: string }>(known: Map<string, Placed<T>>, found: Placed<T>, kind: string): boolean {
    const first = known.get(found.row.id)
    if (!first) {
      if (known.size === maxCatalogueRows)
        throw new UserError(`more than ${maxCatalogueRows} of kind ${kind} in one import`)
      known.set(found.row.id, found)
      return true
    }
    if (isDeepStrictEqual(first.row, found.row)) return true
    bad.add(found.file, found.line, `${kind} ${found.row.id} is described otherwise at ${first.file}:${first.line}`)
    return false
  }
}

async function detectKind(file: string): Promise<'csv' | 'smart' | 'manifest'> {
  const start = (await peekText(file)).trimStart()
  if (start === '') throw new UserError(`${file} is empty`)
  if (!start.startsWith('{')) return 'csv'
  if (basename(file) === '$bulk-publish' || /^\{\s*"transactionTime"/.test(start)) return 'manifest'
  return 'smart'
}

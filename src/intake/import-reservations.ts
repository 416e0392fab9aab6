import { setTimeout as sleep } from 'node:timers/promises'
import type { ReservationRequest } from '../domain/reservation.ts'
import { Problem, type ProblemType, UserError } from '../errors.ts'
import { type CsvRow, parseCsv } from '../operations/read-csv.ts'
import { type Encoding, splitLines } from '../operations/read-lines.ts'
import type { AcceptedReservation } from './intake.ts'
import { optionalReservationColumns, parseReservationRow, reservationColumns } from './parse-reservation-row.ts'

/** Lines of one import that are being accepted at a time: enough to fill batches, few beside all others. */
const maxUnderWay = 200
/** Most lines of one import: a campaign's institutions send thousands each. */
export const maxImportLines = 200_000
/** While no more can be taken, a line is tried again after about this long … */
const tryAgainMs = 300
/** … and for so long. Then the import stops, and says where to go on. */
const giveUpMs = 20_000

/** What became of a line of the file. */
export type ImportedLine =
  | { line: number; status: 'queued'; id: string; queueNumber: number | null; receipt: string }
  | { line: number; status: 'refused'; type: ProblemType; detail: string; errors?: unknown }
/** The last of all. `next`: the line to go on with, when the import stopped before the end. */
export type ImportEnd = {
  done: boolean
  queued: number
  refused: number
  next: number | null
  type?: ProblemType
  detail?: string
}

/** Not a line that was refused: nothing can be taken. */
class Stopped extends Error {
  readonly line: number
  readonly problem: Problem
  constructor(line: number, problem: Problem) {
    super(problem.message)
    this.line = line
    this.problem = problem
  }
}

/**
 * Takes an institution's CSV line by line, by the same intake as everybody's, and tells what became of each line in the order of lines.
 * A line is a request with an id of its own, made from what it says: the same file sent again books nobody twice. Throws a Problem
 * for a file whose header is wrong; whatever ends it later is told in the last result.
 */
export async function* importReservations({
  chunks,
  encoding,
  fromLine,
  submit,
}: {
  chunks: AsyncIterable<Buffer>
  encoding: Encoding
  /** Lines before it were taken by an earlier import. */
  fromLine: number
  /** Accepts one request, or throws a Problem. */
  submit: (request: ReservationRequest) => Promise<AcceptedReservation>
}): AsyncGenerator<ImportedLine | ImportEnd> {
  const count = { queued: 0, refused: 0 }
  let next = Math.max(2, fromLine)
  try {
    for await (const group of readRows(chunks, encoding)) {
      for await (const result of takeInOrder(group.filter(({ line }) => line >= fromLine))) {
        next = result.line + 1
        count[result.status] += 1
        yield result
      }
      if (next > maxImportLines)
        throw new Stopped(
          next,
          new Problem('too-large', `An import has at most ${maxImportLines} lines: go on with the next.`),
        )
    }
  } catch (err) {
    yield { done: false, ...count, ...whyItEnds(err, next) }
    return
  }
  yield { done: true, ...count, next: null }

  /** Some are under way at a time; results come in the order of lines. */
  async function* takeInOrder(group: Row[]): AsyncGenerator<ImportedLine> {
    const underWay: Promise<ImportedLine | Stopped>[] = []
    const givenUp = { yet: false }
    try {
      for (const row of group) {
        underWay.push(take(row, givenUp))
        if (underWay.length >= maxUnderWay) yield whatCame(await underWay.shift()!)
      }
      while (underWay.length > 0) yield whatCame(await underWay.shift()!)
    } finally {
      givenUp.yet = true
      await Promise.all(underWay)
    }
  }

  /** Never rejects. */
  async function take({ line, request }: Row, givenUp: { yet: boolean }): Promise<ImportedLine | Stopped> {
    if (typeof request === 'string') return { line, status: 'refused', type: 'invalid-request', detail: request }
    const end = performance.now() + giveUpMs
    for (;;) {
      try {
        const { id, queueNumber, receipt } = await submit(request)
        return { line, status: 'queued', id, queueNumber, receipt }
      } catch (err) {
        if (!(err instanceof Problem))
          return new Stopped(line, new Problem('internal', 'Something is wrong on our side.'))
        const { type, message, fields } = err
        // Not this line's fault. One that was perhaps accepted is sent again with the same id.
        if (type !== 'unavailable' && type !== 'outcome-unknown')
          return {
            line,
            status: 'refused',
            type,
            detail: message,
            ...('errors' in fields && { errors: fields.errors }),
          }
        if (givenUp.yet || performance.now() > end) return new Stopped(line, err)
        await sleep(tryAgainMs * (0.5 + Math.random()))
      }
    }
  }
}

type Row = { line: number; request: ReservationRequest | string }

/** The file's rows by line, bad ones too. */
async function* readRows(chunks: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<Row[]> {
  let bad: Row[] = []
  const noteBad = (_file: string, line: number, message: string) => void bad.push({ line, request: message })
  const form = { columns: reservationColumns, optional: optionalReservationColumns }
  const groups = parseCsv(splitLines(chunks, encoding), { ...form, name: 'the file', bad: { add: noteBad } })
  for await (const group of groups) {
    const rows = group.map(({ line, cells }: CsvRow): Row => ({ line, request: parseReservationRow(cells) }))
    yield [...rows, ...bad].sort((a, b) => a.line - b.line)
    bad = []
  }
  if (bad.length > 0) yield bad
}

function whatCame(result: ImportedLine | Stopped): ImportedLine {
  if (result instanceof Stopped) throw result
  return result
}

/** Where to go on, and why it ended there. */
function whyItEnds(err: unknown, next: number): Pick<ImportEnd, 'next' | 'type' | 'detail'> {
  if (err instanceof Stopped) return { next: err.line, type: err.problem.type, detail: err.message }
  if (err instanceof Problem) return { next, type: err.type, detail: err.message }
  if (err instanceof UserError) return { next, type: 'invalid-request', detail: err.message }
  return { next, type: 'internal', detail: 'The file could not be read to its end.' }
}

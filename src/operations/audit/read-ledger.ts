import { z } from 'zod'
import { Uuid } from '../../domain/ids.ts'
import { UserError } from '../../errors.ts'
import { type Told, toldLine } from '../../postgres/invariants/told-requests.ts'
import type { Receipts } from '../../privacy/receipts.ts'
import { readLines } from '../read-lines.ts'

const latest = Date.UTC(9999, 11, 31)
/** Epoch ms, or RFC 3339 with an offset: load tools write the one, people and logs the other. */
const Instant = z.union(
  [z.number().min(0).max(latest), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))],
  { error: 'is neither epoch ms nor an RFC 3339 time with an offset' },
)

const LedgerLine = z.object({
  id: Uuid,
  receipt: z.string().nullish(),
  queueNumber: z.int().positive().nullish(),
  sentAt: Instant,
  acceptedAt: Instant,
})

/**
 * Reads a ledger (contract, `npm run audit`) as pieces for `copyTold`, group by group, so that memory stays flat. An empty line is
 * no line; any other that cannot be read is a UserError with its number, because a ledger half understood proves nothing. Without
 * `receipts` (there are no keys) receipts are not looked at.
 */
export async function* readLedger(path: string, receipts: Receipts | null): AsyncGenerator<string> {
  for await (const group of readLines(path, 'utf8')) {
    let piece = ''
    for (const { number, text } of group) {
      if (text === '') continue
      piece += toldLine(parseLine(path, number, text, receipts))
    }
    if (piece !== '') yield piece
  }
}

function parseLine(path: string, line: number, text: string | null, receipts: Receipts | null): Told {
  const parsed = LedgerLine.safeParse(parseJson(text))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new UserError(`${path}:${line}: ${[issue!.path.join('.'), issue!.message].filter(Boolean).join(' ')}`)
  }
  const { id, receipt: token, queueNumber = null, sentAt, acceptedAt } = parsed.data
  const told = { line, id: id.toLowerCase(), queueNumber, sentAt, acceptedAt }
  if (!receipts || token === undefined || token === null) return { ...told, receiptFault: null, place: null }
  // One that has expired by now was good when it was given out.
  const receipt = receipts.verify(token, 0)
  if (!receipt) return { ...told, receiptFault: 'does not verify', place: null }
  if (receipt.reservationId !== told.id) return { ...told, receiptFault: 'is of another reservation', place: null }
  return { ...told, receiptFault: null, place: receipt }
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

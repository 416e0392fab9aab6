import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { UserError } from '../errors.ts'
import { detectEncoding, splitLines } from './read-lines.ts'

/** A connection that broke is made again so often, each time from the line that has no result yet. */
const maxTries = 10
const betweenTriesMs = 1_000

const QueuedLine = z.object({
  line: z.int(),
  status: z.literal('queued'),
  id: z.string(),
  queueNumber: z.int().nullable(),
  receipt: z.string(),
})
const RefusedLine = z.object({ line: z.int(), status: z.literal('refused'), type: z.string(), detail: z.string() })
const End = z.object({
  done: z.boolean(),
  next: z.int().nullable(),
  type: z.string().optional(),
  detail: z.string().optional(),
})
const Result = z.union([QueuedLine, RefusedLine, End])

/** What became of a line, as the API answered it. */
export type SentLine = z.infer<typeof QueuedLine> | z.infer<typeof RefusedLine>

/**
 * Sends an institution's CSV to an API and hands on what became of each line, in order. A connection that breaks is made again, and goes
 * on where it ended; a line that was taken before is the same request. Throws a UserError when it cannot go on.
 */
export async function sendReservations({
  api,
  operatorKey,
  campaign,
  file,
  fromLine,
  idempotencyKey,
  take,
}: {
  api: string
  operatorKey: string
  campaign: string
  file: string
  fromLine: number
  idempotencyKey: string | undefined
  take: (result: SentLine) => void | Promise<void>
}): Promise<void> {
  const charset = (await detectEncoding(file)) === 'utf8' ? 'utf-8' : 'shift_jis'
  let next = fromLine
  for (let tries = 1; ; ) {
    const before = next
    const failure = await sendOnce()
    if (failure === null) return
    // As long as it comes forward it may break as often as it likes.
    tries = next > before ? 1 : tries + 1
    if (tries > maxTries) throw new UserError(`${failure}; go on with --from-line ${next}`, { type: 'unavailable' })
    await sleep(betweenTriesMs)
  }

  /** Null when all was sent, or what went wrong. Throws for what would go wrong again. */
  async function sendOnce(): Promise<string | null> {
    let answer: Response
    try {
      answer = await fetch(`${api}/v1/operator/campaigns/${campaign}/reservations/import?fromLine=${next}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${operatorKey}`,
          'content-type': `text/csv; charset=${charset}`,
          ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        },
        body: Readable.toWeb(createReadStream(file)) as ReadableStream,
        duplex: 'half',
      } as RequestInit)
    } catch {
      return `the API at ${api} does not answer`
    }
    if (!answer.ok || !answer.body) {
      const problem = z.object({ detail: z.string() }).safeParse(await answer.json().catch(() => null))
      const detail = problem.data?.detail ?? `the API answered ${answer.status}`
      if (answer.status < 500 && answer.status !== 429) throw new UserError(detail.replace(/\.$/, ''))
      return detail
    }
    try {
      for await (const lines of splitLines(Readable.fromWeb(answer.body as never), 'utf8'))
        for (const { text } of lines) {
          const result = Result.parse(JSON.parse(text ?? ''))
          if ('status' in result) {
            await take(result)
            next = result.line + 1
          } else if (result.done) return null
          else if (result.type === 'invalid-request') throw new UserError(result.detail ?? 'the file cannot be read')
          else {
            next = result.next ?? next
            return result.detail ?? 'the API stopped'
          }
        }
    } catch (err) {
      if (err instanceof UserError || err instanceof z.ZodError) throw err
    }
    return 'the connection broke'
  }
}

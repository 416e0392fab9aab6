import { Readable } from 'node:stream'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { CampaignId } from '../domain/ids.ts'
import type { Lane } from '../domain/lane.ts'
import { Problem, type ProblemType, problems } from '../errors.ts'
import { type ImportEnd, type ImportedLine, importReservations } from '../intake/import-reservations.ts'
import type { Intake } from '../intake/intake.ts'
import type { Encoding } from '../operations/read-lines.ts'
import type { Catalogue } from '../status/catalogue.ts'
import { problemResponses } from './problem-details.ts'
import { readUpload } from './read-upload.ts'
import { IdempotencyKey } from './reservation-routes.ts'

/** Largest file: 200,000 lines of some 200 bytes. */
const maxFileBytes = 64 * 1024 * 1024
/** Imports of one process at a time. */
const maxImports = 4
/**
 * Results that whoever sends has not read yet, in bytes, before no more of the file is read: many clients read the answer only when
 * they have sent all, and would otherwise wait for us while we wait for them.
 */
const unreadBytes = 16 * 1024 * 1024

const Result = z
  .union([
    z.object({
      line: z.int(),
      status: z.literal('queued'),
      id: z.string(),
      queueNumber: z.int().nullable(),
      receipt: z.string(),
    }),
    z.object({
      line: z.int(),
      status: z.literal('refused'),
      type: z.enum(Object.keys(problems) as [ProblemType, ...ProblemType[]]),
      detail: z.string(),
      errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    }),
    z.object({
      done: z.boolean(),
      queued: z.int(),
      refused: z.int(),
      next: z.int().nullable(),
      type: z.string().optional(),
      detail: z.string().optional(),
    }),
  ])
  .meta({
    id: 'ImportResult',
    description: 'What became of a line; the last result is of the whole file.',
    examples: [
      {
        line: 2,
        status: 'queued',
        id: '0d4e3a52-6b1f-5c38-9a07-2f8c5d1e7b94',
        queueNumber: 17,
        receipt: 'AWkuGcACAAANTjpSax9cOJoHL4xdHnuUAZ8xqwR_cuqxU2e3d0mbDgRkZW1vAmsxq1Zb3jT0c9kR7yPzqkV4mw',
      },
    ],
  })

/** What arrives is read as it arrives: nothing of it is looked at here. */
const File = z.unknown().meta({
  type: 'string',
  description: 'With a first line that names its columns; `charset=shift_jis` in the content type for cp932.',
  examples: ['voucher,birthDate,slotId\n0123456789,1980-01-02,shibuya@20261201T0030Z\n'],
})

export type ImportRoutes = {
  submit: Intake['submit']
  admit: (campaign: string, lane: Lane) => void
  catalogue: Pick<Catalogue, 'get'>
}

export const importRoutes: FastifyPluginAsyncZod<ImportRoutes> = async (app, { submit, admit, catalogue }) => {
  let imports = 0
  const stopping = new AbortController()
  app.addHook('preClose', async () => stopping.abort())
  // Of this route alone: it is given what arrives, as it arrives.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('text/csv', (_request, body, done) => done(null, body))

  app.post(
    '/v1/operator/campaigns/:campaign/reservations/import',
    {
      config: { role: 'agent' },
      schema: {
        operationId: 'importReservations',
        tags: ['operators'],
        security: [{ operatorKey: [] }],
        summary: 'Ask for seats for many people',
        description:
          'A CSV file `voucher,birthDate,slotId,locationId,from,to,waitlist,name,phone,email`; all but the first two may be missing. ' +
          'Lane `institution`. Answers a line of JSON for each line, while the file is being sent. The same file sent again books ' +
          'nobody twice; `fromLine` goes on where an earlier one ended (`next`).',
        params: z.object({ campaign: CampaignId }),
        querystring: z.object({ fromLine: z.coerce.number().int().min(1).default(1) }),
        headers: z.object({ 'idempotency-key': IdempotencyKey.optional() }),
        consumes: ['text/csv'],
        body: File,
        response: {
          200: { description: 'A result for each line', content: { 'application/x-ndjson': { schema: Result } } },
          ...problemResponses(400, 401, 403, 404, 415, 503),
        },
      },
    },
    async (request, reply) => {
      const { campaign } = request.params
      if (!catalogue.get(campaign)) throw new Problem('not-found', 'There is no such campaign.')
      const encoding = encodingOf(request.raw.headers['content-type'] ?? '')
      if (imports >= maxImports)
        throw new Problem('unavailable', 'As many imports as can be are under way.', { retryAfterSeconds: 10 })
      imports += 1
      const body = request.body as Readable
      // What was read by then is taken, and the last result says where to go on.
      const stop = () => body.destroy(new Problem('unavailable', 'This process is stopping: go on with another.'))
      stopping.signal.addEventListener('abort', stop)
      const results = importReservations({
        chunks: readUpload(request.raw.socket, body, maxFileBytes),
        encoding,
        fromLine: request.query.fromLine,
        submit: async (body) => {
          admit(campaign, 'institution')
          return submit({ campaign, lane: 'institution', body, idempotencyKey: request.headers['idempotency-key'] })
        },
      })
      const lines = Readable.from(asLines(results), { objectMode: false, highWaterMark: unreadBytes })
      lines.once('close', () => {
        imports -= 1
        stopping.signal.removeEventListener('abort', stop)
      })
      return (
        reply
          .header('content-type', 'application/x-ndjson; charset=utf-8')
          .header('x-accel-buffering', 'no')
          // What is left of a file that is not read to its end cannot be told from a next request.
          .header('connection', 'close')
          .send(lines as never)
      )
    },
  )
}

async function* asLines(results: AsyncIterable<ImportedLine | ImportEnd>): AsyncGenerator<Buffer> {
  for await (const result of results) yield Buffer.from(`${JSON.stringify(result)}\n`)
}

const encodings: Record<string, Encoding> = {
  'utf-8': 'utf8',
  utf8: 'utf8',
  shift_jis: 'cp932',
  cp932: 'cp932',
  'windows-31j': 'cp932',
}

function encodingOf(contentType: string): Encoding {
  const [, charset = 'utf-8'] = /;\s*charset="?([^\s;"]+)/i.exec(contentType) ?? []
  const encoding = encodings[charset.toLowerCase()]
  if (!encoding) throw new Problem('unsupported-media-type', 'The charset is neither utf-8 nor shift_jis (cp932).')
  return encoding
}

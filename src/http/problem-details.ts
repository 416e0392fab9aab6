import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Problem, type ProblemType, problems, UserError } from '../errors.ts'
import { isTransient } from '../postgres/errors.ts'
import { LateAnswer } from '../queue/bounded.ts'
import { StoreAway } from '../queue/breaker.ts'
import type { AnnouncementView } from '../status/announcements.ts'
import { problemMediaType, problemSchemas, typeUri } from './problem-schemas.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What operators announce, for whoever is refused because something is down. */
    announcement: () => AnnouncementView | null
  }
}

const types = Object.keys(problems) as ProblemType[]
type Status = (typeof problems)[ProblemType]['status']

/** What any route may answer: too many refusals of an address, a bug of ours. */
const everywhere = ['too-many-requests', 'internal'] as const

/** The header, as the description of the API has it. */
const retryAfter = { type: 'integer', description: 'Seconds to wait before asking again.' }

/**
 * The problem responses of a route, by status. A problem is given by its type; or by its status, which is then the first of the table
 * in `errors.ts` that has it: 403 is `forbidden`, 503 `unavailable`.
 */
export function problemResponses(...given: (ProblemType | Status)[]) {
  const wanted = new Set(
    [...given, ...everywhere].map((one) =>
      typeof one === 'string' ? one : types.find((type) => problems[type].status === one)!,
    ),
  )
  const byStatus = Map.groupBy(wanted, (type) => problems[type].status)
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => {
      const [first, ...others] = ofStatus.map((type) => problemSchemas[type]) as [z.ZodObject, ...z.ZodObject[]]
      const schema = others.length ? z.union([first, ...others]) : first
      const retry = ofStatus.some((type) => problems[type].retry)
      return [
        status,
        {
          description: STATUS_CODES[status],
          ...(retry && { headers: { 'Retry-After': retryAfter } }),
          content: { [problemMediaType]: { schema } },
        },
      ]
    }),
  )
}

/** A full second or more of jitter, so that those who were refused together do not come back together. */
export const withJitter = (seconds: number) => Math.max(1, Math.round(seconds * (0.5 + Math.random())))

/** Answers with a problem document. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  type: ProblemType,
  detail: string,
  { retryAfterSeconds, ...fields }: Problem['fields'] & { retryAfterSeconds?: number | undefined } = {},
) {
  const { status, title } = problems[type]
  reply.problem = type
  if (retryAfterSeconds !== undefined) {
    const exact = type === 'not-open' || status === 429
    reply.header('retry-after', exact ? Math.max(1, Math.ceil(retryAfterSeconds)) : withJitter(retryAfterSeconds))
  }
  const announced = status === 503 ? { announcement: request.server.announcement() } : {}
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  return reply
    .code(status)
    .header('content-type', problemMediaType)
    .header('cache-control', 'no-store')
    .serializer(JSON.stringify)
    .send({
      type: typeUri(type),
      title,
      status,
      detail,
      instance: `urn:request:${request.id}`,
      ...announced,
      ...fields,
    })
}

// What Fastify and Node refuse by themselves.
const byCode: Record<string, [ProblemType, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['too-large', 'The body is larger than 64 KiB.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported-media-type',
    'Send application/json, or what the path says that it takes.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid-request', 'Content-Length and the body differ.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid-request', 'The body is empty.'],
  FST_ERR_BAD_URL: ['invalid-request', 'The path is not a valid URL path.'],
  FST_ERR_MAX_PARAM_LENGTH: ['not-found', 'There is no such thing.'],
}

const isStoreFailure = (error: unknown) =>
  error instanceof StoreAway || error instanceof LateAnswer || isTransient(error)

/** What is a line on a terminal, as the other details are written. */
const asSentence = (line: string) => `${line[0]?.toUpperCase()}${line.slice(1)}.`

/** Every error becomes a problem document; only what we did not expect is logged, without what was sent. */
export function handleError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof Problem)
    return sendProblem(request, reply, error.type, error.message, {
      ...error.fields,
      retryAfterSeconds: error.retryAfterSeconds,
    })
  if (error instanceof UserError) {
    const { retryAfterSeconds } = error
    return sendProblem(request, reply, error.type, asSentence(error.message), { retryAfterSeconds })
  }
  if (isStoreFailure(error))
    return sendProblem(request, reply, 'unavailable', 'A store that is needed for this cannot be reached right now.', {
      retryAfterSeconds: 5,
    })
  const code = 'code' in error ? error.code : ''
  const known = byCode[code]
  if (known) return sendProblem(request, reply, known[0], known[1])
  const statusCode = 'statusCode' in error ? error.statusCode : undefined
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return sendProblem(request, reply, 'invalid-request', 'The request cannot be read.')
  request.log.error({ err: error, requestId: request.id, route: request.routeOptions.url }, 'unexpected error')
  return sendProblem(request, reply, 'internal', 'Something is wrong on our side. It has been noted.', {
    retryAfterSeconds: 5,
  })
}

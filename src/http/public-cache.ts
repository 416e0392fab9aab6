import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { hooksOf } from './route-hooks.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `Cache-Control` of a route whose answer is the same for everybody. Such answers have an ETag too. */
    cacheControl?: string
  }
}

/** Numbers that change every second: a cache may give them for one, and for ten minutes when we are down. */
export const everySecond = 'public, max-age=1, stale-while-revalidate=5, stale-if-error=600'
/** What a campaign is and where: changes when an operator changes it. */
export const everyMinute = 'public, max-age=10, stale-while-revalidate=60, stale-if-error=3600'

/** The same answer is given again for so long, in ms, without being made again: a storm of readers costs one making. */
const keptMs = 200
/** Answers kept, by URL. */
const maxKept = 1_000
/** Larger answers are not kept, in characters: they would be at most 256 MB of memory. */
const maxKeptLength = 256 * 1024

type Kept = { payload: string; etag: string }

/**
 * Marks the answers of public routes as cacheable, with an ETag, and answers 304 to who has them. What no route marks so is never
 * stored (`app.ts`).
 */
export function cachePublicAnswers(app: FastifyInstance) {
  const kept = new LRUCache<string, Kept>({ max: maxKept, ttl: keptMs })

  app.addHook('onRoute', (route) => {
    const cacheControl = route.config?.cacheControl
    if (!cacheControl) return
    route.onRequest = [
      ...hooksOf(route.onRequest),
      (request, reply, done) => {
        const known = kept.get(request.url)
        if (!known) return done()
        reply.header('etag', known.etag).type('application/json; charset=utf-8').serializer(asItIs).send(known.payload)
      },
    ]
    route.onSend = [
      ...hooksOf(route.onSend),
      (request, reply, payload, done) => {
        if (reply.statusCode !== 200 || typeof payload !== 'string') return done(null, payload)
        reply.header('cache-control', cacheControl)
        const etag = knownEtag(reply) ?? keep(request, reply, payload)
        if (!wants304(request, etag)) return done(null, payload)
        reply.code(304)
        done(null, null)
      },
    ]
  })

  function keep(request: FastifyRequest, reply: FastifyReply, payload: string): string {
    const etag = `"${createHash('sha1').update(payload).digest('base64url')}"`
    reply.header('etag', etag)
    if (payload.length <= maxKeptLength) kept.set(request.url, { payload, etag })
    return etag
  }
}

const asItIs = (payload: unknown) => payload as string
const knownEtag = (reply: FastifyReply) => reply.getHeader('etag')?.toString()

function wants304(request: FastifyRequest, etag: string): boolean {
  const known = request.headers['if-none-match']
  return known === '*' || (known?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag) ?? false)
}

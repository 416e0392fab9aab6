import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'

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

/** Marks public answers as cacheable, with an ETag, and answers 304 to who has them; all others are never stored. */
export function cachePublicAnswers(app: FastifyInstance) {
  app.addHook('onSend', async (request, reply, payload) => {
    const { cacheControl } = request.routeOptions.config
    if (!cacheControl || reply.statusCode !== 200 || typeof payload !== 'string') {
      if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
      return payload
    }
    const etag = `"${createHash('sha1').update(payload).digest('base64url')}"`
    reply.header('cache-control', cacheControl).header('etag', etag)
    const known = request.headers['if-none-match']
    if (known === '*' || known?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)) {
      reply.code(304)
      return null
    }
    return payload
  })
}

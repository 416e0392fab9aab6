import type { FastifyInstance } from 'fastify'
import { LRUCache } from 'lru-cache'
import { sendProblem } from './problem-details.ts'

const windowMs = 60_000
/** Addresses remembered; past that the one longest quiet is forgotten. */
const maxAddresses = 50_000

/** Refusals that an honest client is seldom given. A campaign that is not open yet, a full service: those are not its fault. */
const counted = new Set([400, 401, 404, 405, 413, 415, 422])

/**
 * Limits refusals per address, not acceptances: a hospital's thousand people share one address, and who guesses vouchers is
 * refused again and again. Kept in this process: no store that could be down.
 */
export function limitRefusals(app: FastifyInstance, { perMinute }: { perMinute: number }) {
  const refusals = new LRUCache<string, { count: number }>({ max: maxAddresses, ttl: windowMs })

  app.addHook('onRequest', (request, reply, done) => {
    const known = refusals.size > 0 ? refusals.get(request.ip) : undefined
    if (!known || known.count < perMinute) return done()
    const retryAfterSeconds = Math.ceil(refusals.getRemainingTTL(request.ip) / 1_000)
    sendProblem(request, reply, 'too-many-requests', 'Too many of this address’s requests were refused.', {
      retryAfterSeconds,
    })
  })

  app.addHook('onResponse', (request, reply, done) => {
    if (counted.has(reply.statusCode) || request.notEligible) {
      const known = refusals.get(request.ip)
      if (known) known.count += 1
      else refusals.set(request.ip, { count: 1 })
    }
    done()
  })
}

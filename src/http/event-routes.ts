import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Problem } from '../errors.ts'
import type { ReservationView } from '../status/view-reservation.ts'
import { problemResponses } from './problem-details.ts'
import { OfReservation, requireReceipt } from './receipt-access.ts'
import { aReservation, type ReservationRoutes } from './reservation-routes.ts'

/** Streams of one process: each holds a connection and is looked after every second. Others poll. */
const maxStreams = 2_000
/** Whether the status has changed is looked at this often, in ms; a look at a decided one is rarer. */
const lookEveryMs = 1_000
const lookEveryDecidedMs = 10_000
/** A stream ends after this long, in ms; a browser opens it again by itself. */
const maxStreamMs = 15 * 60_000

const EventStream = z.string().meta({ examples: [`event: status\ndata: ${JSON.stringify(aReservation)}\n\n`] })

/** Server-sent events of one reservation: the status at once, then at each change. */
export const eventRoutes: FastifyPluginAsyncZod<Pick<ReservationRoutes, 'view' | 'verify'>> = async (
  app,
  { view, verify },
) => {
  let streams = 0
  const stopping = new AbortController()
  app.addHook('preClose', async () => stopping.abort())

  app.get(
    '/v1/reservations/:id/events',
    {
      schema: {
        operationId: 'followReservation',
        summary: 'What becomes of it, as it happens',
        description: 'Server-sent events: one `status` event per change, its data as of `GET /v1/reservations/{id}`.',
        tags: ['reservations'],
        security: [{ receipt: [] }],
        params: OfReservation,
        response: {
          200: { description: 'The stream', content: { 'text/event-stream': { schema: EventStream } } },
          ...problemResponses(401, 404, 'unavailable', 'outcome-unavailable'),
        },
      },
    },
    async (request, reply) => {
      const receipt = requireReceipt(request, request.params.id, verify)
      if (streams >= maxStreams)
        throw new Problem('unavailable', 'Too many streams are open: poll the reservation.', { retryAfterSeconds: 10 })
      let seen = await view(receipt)

      streams += 1
      const gone = new AbortController()
      request.raw.once('close', () => gone.abort())
      const signal = AbortSignal.any([gone.signal, stopping.signal, AbortSignal.timeout(maxStreamMs)])
      reply.hijack()
      reply.raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        'x-request-id': request.id,
      })
      reply.raw.write(statusEvent(seen))
      try {
        while (!signal.aborted) {
          await sleep(isDecided(seen) ? lookEveryDecidedMs : lookEveryMs, undefined, { signal })
          const now = await view(receipt).catch(() => seen)
          if (whatMatters(now) !== whatMatters(seen)) reply.raw.write(statusEvent(now))
          else reply.raw.write(': still here\n\n')
          seen = now
        }
      } catch {
        // Gone, or stopping.
      } finally {
        streams -= 1
        reply.raw.end()
      }
    },
  )
}

const isDecided = ({ status, lastCommand }: ReservationView) => status !== 'queued' && lastCommand?.status !== 'queued'

/** All but the wait, which changes all the time. */
const whatMatters = ({ wait: _, ...reservation }: ReservationView) => JSON.stringify(reservation)

const statusEvent = (reservation: ReservationView) => `event: status\ndata: ${JSON.stringify(reservation)}\n\n`

import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { LastCommand } from '../domain/command.ts'
import { CampaignId } from '../domain/ids.ts'
import type { Lane } from '../domain/lane.ts'
import { DecidedStatus, Reason, ReservationRequest } from '../domain/reservation.ts'
import { Problem } from '../errors.ts'
import type { Intake } from '../intake/intake.ts'
import type { Authenticate } from '../operations/authenticate.ts'
import type { Receipts } from '../privacy/receipts.ts'
import { viewCalendar } from '../status/calendar.ts'
import type { ReservationView } from '../status/view-reservation.ts'
import { requireOperator } from './operator-access.ts'
import { problemResponses } from './problem-details.ts'
import { OfReservation, requireReceipt } from './receipt-access.ts'
import { hasWaited } from './seat-line.ts'

/** Visible ASCII, as the draft for `Idempotency-Key` has it, without its quotes' meaning. */
export const IdempotencyKey = z
  .string()
  .regex(/^[!-~]{1,255}$/, 'is not 1 to 255 visible characters, given once')
  .meta({ description: 'A new one asks anew, as after a cancellation.', examples: ['b3f1c7de'] })

export const Wait = z.object({
  ahead: z.int().meta({ description: 'People of the same lane who are decided before.' }),
  p50Seconds: z
    .int()
    .nullable()
    .meta({ description: 'Half of those with as many ahead waited less. Null: not known.' }),
  p90Seconds: z.int().nullable(),
})

/** As an example. */
export const aReservation = {
  id: '0d4e3a52-6b1f-5c38-9a07-2f8c5d1e7b94',
  campaign: 'demo',
  status: 'booked',
  reason: null,
  queueNumber: 1234,
  acceptedAt: '2026-12-01T09:00:01+09:00',
  decidedAt: '2026-12-01T09:00:02+09:00',
  wait: null,
  lastCommand: null,
  appointments: [
    {
      dose: 1,
      slotId: 'shibuya@20261201T0030Z',
      startsAt: '2026-12-01T09:30:00+09:00',
      endsAt: '2026-12-01T10:00:00+09:00',
      location: { id: 'shibuya', name: '渋谷区役所 (Shibuya)', address: '東京都渋谷区宇田川町1-1' },
    },
  ],
}

const Accepted = z
  .object({
    id: z.string(),
    status: z.literal('queued'),
    queueNumber: z.int().nullable().meta({ description: 'Null while it is not known yet.' }),
    receipt: z.string().meta({ description: 'Whoever holds it, and nobody else, can see or change the reservation.' }),
    wait: Wait,
  })
  .meta({
    id: 'Accepted',
    examples: [
      {
        id: aReservation.id,
        status: 'queued',
        queueNumber: 1234,
        receipt: 'AWkuGcACAAANTjpSax9cOJoHL4xdHnuUAZ8xqwR_cuqxU2e3d0mbDgRkZW1vAmsxq1Zb3jT0c9kR7yPzqkV4mw',
        wait: { ahead: 120, p50Seconds: 1, p90Seconds: 2 },
      },
    ],
  })

export const Reservation = z
  .object({
    id: z.string(),
    campaign: z.string(),
    status: z.enum(['queued', ...DecidedStatus.options]),
    reason: Reason.nullable(),
    queueNumber: z.int().nullable(),
    acceptedAt: z.string().nullable(),
    decidedAt: z.string().nullable(),
    wait: Wait.extend({
      odds: z.number().nullable().optional().meta({
        description:
          'In the waiting list: how likely a seat is, from 0 to 1, if seats go on coming as in the last day. Null when none has come.',
      }),
    }).nullable(),
    appointments: z.array(
      z.object({
        dose: z.int(),
        slotId: z.string(),
        startsAt: z.string().nullable(),
        endsAt: z.string().nullable(),
        location: z.object({ id: z.string(), name: z.string(), address: z.string().nullable() }).nullable(),
      }),
    ),
    lastCommand: LastCommand.nullable().meta({ description: 'The last cancel or move, and what became of it.' }),
  })
  .meta({ id: 'Reservation', examples: [aReservation] })

export const acceptedHeaders = {
  Location: { type: 'string', description: 'Where the reservation is: `/v1/reservations/{id}`.' },
  'Retry-After': { type: 'integer', description: 'Seconds after which to ask what became of it.' },
}

const Calendar = z.string().meta({
  examples: [
    'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//junban//junban//EN\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\n…\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n',
  ],
})

export type ReservationRoutes = {
  submit: Intake['submit']
  /** Throws a Problem while the service cannot take more. */
  admit: (campaign: string, lane: Lane, options?: { isExpected: boolean }) => void
  view: (receipt: NonNullable<ReturnType<Receipts['verify']>>) => Promise<ReservationView>
  verify: (token: string) => ReturnType<Receipts['verify']>
  authenticate: Authenticate
}

export const reservationRoutes: FastifyPluginAsyncZod<ReservationRoutes> = async (
  app,
  { submit, admit, view, verify, authenticate },
) => {
  app.post(
    '/v1/campaigns/:campaign/reservations',
    {
      schema: {
        operationId: 'reserve',
        summary: 'Ask for a seat',
        description:
          'Answered at once with a receipt and a queue number, and decided in order. With an operator key: lane `agent`.',
        tags: ['reservations'],
        security: [{}, { operatorKey: [] }],
        params: z.object({ campaign: CampaignId }),
        headers: z.object({ 'idempotency-key': IdempotencyKey.optional() }),
        body: ReservationRequest,
        response: {
          202: {
            description: 'Accepted',
            headers: acceptedHeaders,
            content: { 'application/json': { schema: Accepted } },
          },
          ...problemResponses(400, 401, 403, 'not-eligible', 'not-open', 404, 413, 415, 422, 503, 'outcome-unknown'),
        },
      },
      // Before the body is read: a refusal costs as little as it can.
      onRequest: (request, _reply, done) => {
        const { campaign } = request.params as { campaign: string }
        const lane = laneOf(request)
        if (lane === 'web') {
          admit(campaign, lane, { isExpected: hasWaited(request.raw) })
          return done()
        }
        requireOperator(request, 'agent', authenticate)
          .then(() => admit(campaign, lane))
          .then(() => done(), done)
      },
      // Fastify keeps serialisation by schema for who wants it; an answer that we made ourselves needs no second look.
      serializerCompiler: () => JSON.stringify,
    },
    async (request, reply) => {
      const accepted = await submit({
        campaign: request.params.campaign,
        lane: laneOf(request),
        body: request.body,
        idempotencyKey: request.headers['idempotency-key'],
      }).catch((err: unknown) => {
        request.notEligible = err instanceof Problem && err.type === 'not-eligible'
        throw err
      })
      return reply
        .code(202)
        .header('location', `/v1/reservations/${accepted.id}`)
        .header('retry-after', pollAfter(accepted.wait))
        .send(accepted)
    },
  )

  app.get(
    '/v1/reservations/:id',
    {
      schema: {
        operationId: 'readReservation',
        summary: 'What became of it',
        description: 'With the receipt as bearer token.',
        tags: ['reservations'],
        security: [{ receipt: [] }],
        params: OfReservation,
        response: { 200: Reservation, ...problemResponses(401, 404, 'outcome-unavailable') },
      },
    },
    async (request, reply) => {
      const receipt = requireReceipt(request, request.params.id, verify)
      const reservation = await view(receipt)
      if (reservation.status === 'waitlisted') reply.header('retry-after', maxPollSeconds)
      else if (reservation.wait) reply.header('retry-after', pollAfter(reservation.wait))
      else if (reservation.lastCommand?.status === 'queued') reply.header('retry-after', commandPollSeconds)
      return reply.send(reservation)
    },
  )

  app.get(
    '/v1/reservations/:id/calendar.ics',
    {
      schema: {
        operationId: 'readCalendar',
        summary: 'The appointments, for a calendar',
        tags: ['reservations'],
        security: [{ receipt: [] }],
        params: OfReservation,
        response: {
          200: { description: 'The calendar', content: { 'text/calendar': { schema: Calendar } } },
          ...problemResponses(401, 404, 'outcome-unavailable'),
        },
      },
    },
    async (request, reply) => {
      const reservation = await view(requireReceipt(request, request.params.id, verify))
      return reply
        .type('text/calendar; charset=utf-8')
        .header('content-disposition', 'attachment; filename="appointments.ics"')
        .serializer((text: unknown) => text as string)
        .send(viewCalendar(reservation, Date.now()))
    },
  )
}

/** Who shows a key asks for somebody else. */
const laneOf = ({ headers }: FastifyRequest): Lane => (headers.authorization === undefined ? 'web' : 'agent')

/** Nobody needs to ask more seldom than this, in seconds. */
const maxPollSeconds = 60

/** When to ask again, in seconds, for what becomes of a command: how long it waits is in the answer to the command. */
const commandPollSeconds = 2

/** When to ask again, in seconds: when half of those who wait as long have their answer. */
export const pollAfter = ({ p50Seconds }: { p50Seconds: number | null }) =>
  Math.min(Math.max(1, p50Seconds ?? 10), maxPollSeconds)

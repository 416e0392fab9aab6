import type { FastifyReply } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Choices } from '../domain/choice.ts'
import { CampaignId } from '../domain/ids.ts'
import { KnownPair } from '../domain/reservation.ts'
import { Problem } from '../errors.ts'
import type { Command } from '../intake/commands.ts'
import type { Intake } from '../intake/intake.ts'
import type { Operator } from '../operations/authenticate.ts'
import type { Caller, LookedFor } from '../operations/look-for-caller.ts'
import type { Operate } from '../operations/operate.ts'
import type { Receipt, Receipts } from '../privacy/receipts.ts'
import type { Catalogue } from '../status/catalogue.ts'
import type { ReservationView } from '../status/view-reservation.ts'
import { CommandAccepted } from './command-routes.ts'
import { problemResponses } from './problem-details.ts'
import {
  acceptedHeaders,
  aReservation,
  IdempotencyKey,
  pollAfter,
  Reservation,
  type ReservationRoutes,
} from './reservation-routes.ts'

const CallerView = z
  .object({
    reservation: Reservation,
    contact: z
      .object({ email: z.boolean(), phone: z.boolean() })
      .meta({ description: 'By what they can be told; not the address itself.' }),
  })
  .meta({ id: 'Caller', examples: [{ reservation: aReservation, contact: { email: true, phone: false } }] })

const aReceipt = 'AWkuGcACAAANTjpSax9cOJoHL4xdHnuUAZ8xqwR_cuqxU2e3d0mbDgRkZW1vAmsxq1Zb3jT0c9kR7yPzqkV4mw'

const FreshReceipt = z.object({ id: z.string(), receipt: z.string() }).meta({
  id: 'FreshReceipt',
  examples: [
    {
      id: aReservation.id,
      receipt: aReceipt,
    },
  ],
})

/** A command on a caller's reservation; `receipt`: to look what becomes of it. */
const CallerCommand = CommandAccepted.extend({ receipt: z.string() }).meta({
  id: 'CallerCommand',
  examples: [
    {
      id: aReservation.id,
      lastCommand: { id: '5d8f0c1e-2b7a-4c39-8e65-7f1a2b3c4d5e', kind: 'cancel', status: 'queued', reason: null },
      queueNumber: 18,
      wait: { ahead: 0, p50Seconds: 0, p90Seconds: 1 },
      receipt: aReceipt,
    },
  ],
})

const callerCommand = {
  description: 'Accepted',
  headers: acceptedHeaders,
  content: { 'application/json': { schema: CallerCommand } },
}

const CallerMove = z.strictObject({ ...KnownPair.shape, choices: Choices }).meta({
  id: 'CallerMove',
  examples: [{ voucher: '0123456789', birthDate: '1980-01-02', choices: [{ slotId: 'shibuya@20261201T0030Z' }] }],
})

export type CallerRoutes = Pick<ReservationRoutes, 'admit'> & {
  acceptCommand: Intake['acceptCommand']
  operate: Operate
  catalogue: Pick<Catalogue, 'get'>
  view: (receipt: Receipt) => Promise<ReservationView>
  signReceipt: Receipts['sign']
}

/** What agents do for who calls: found by voucher and birth date, each look recorded and counted. */
export const callerRoutes: FastifyPluginAsyncZod<CallerRoutes> = async (
  app,
  { operate, catalogue, view, signReceipt, admit, acceptCommand },
) => {
  const common = {
    tags: ['operators'],
    security: [{ operatorKey: [] }],
    params: z.object({ campaign: CampaignId }),
  }
  const refused = problemResponses(400, 401, 403, 404, 413, 415, 503)

  /** Throws a Problem when there is no such reservation. */
  async function look(
    operator: Operator | null,
    campaignId: string,
    pair: KnownPair,
    purpose: LookedFor,
  ): Promise<Caller> {
    const campaign = catalogue.get(campaignId)
    if (!campaign) throw new Problem('not-found', 'There is no such campaign.')
    const { voucher, birthDate } = pair
    const { dataKeys } = campaign
    const found = await operate(operator).lookForCaller({
      campaign: campaignId,
      pair: { voucher, birthDate },
      dataKeys,
      purpose,
    })
    if (found) return found
    throw new Problem(
      'not-found',
      'There is no live reservation with this voucher and birth date, or it is not decided yet.',
    )
  }

  app.post(
    '/v1/operator/campaigns/:campaign/caller',
    {
      config: { role: 'agent' },
      schema: {
        ...common,
        operationId: 'findCaller',
        summary: 'Find a caller’s reservation',
        description:
          'One that is booked or on the waiting list. Each look is recorded, and counted against a daily budget.',
        body: KnownPair,
        response: { 200: CallerView, ...refused },
      },
    },
    async ({ params, body, operator }) => {
      const { receipt, contact } = await look(operator, params.campaign, body, 'find')
      return { reservation: await view(receipt), contact }
    },
  )

  app.post(
    '/v1/operator/campaigns/:campaign/caller/receipt',
    {
      config: { role: 'agent' },
      schema: {
        ...common,
        operationId: 'issueReceipt',
        summary: 'Give a caller a fresh receipt',
        description: 'Recorded. Receipts given before go on working.',
        body: KnownPair,
        response: { 200: FreshReceipt, ...refused },
      },
    },
    async ({ params, body, operator }) => {
      const { receipt } = await look(operator, params.campaign, body, 'receipt')
      return { id: receipt.reservationId, receipt: signReceipt(receipt) }
    },
  )

  /** The reservation was seen decided, so its command may go through the agents' own lane. */
  async function command(
    operator: Operator | null,
    campaign: string,
    pair: KnownPair,
    wanted: Command,
    idempotencyKey: string | undefined,
  ): Promise<z.infer<typeof CallerCommand>> {
    admit(campaign, 'agent')
    const { receipt } = await look(operator, campaign, pair, wanted.kind)
    const { reservationId } = receipt
    const accepted = await acceptCommand({ campaign, lane: 'agent', reservationId, command: wanted, idempotencyKey })
    return { ...accepted, receipt: signReceipt(receipt) }
  }
  const sendCommand = (reply: FastifyReply, accepted: z.infer<typeof CallerCommand>) =>
    reply
      .code(202)
      .header('location', `/v1/reservations/${accepted.id}`)
      .header('retry-after', pollAfter(accepted.wait))
      .send(accepted)
  const headers = z.object({ 'idempotency-key': IdempotencyKey.optional() })

  app.post(
    '/v1/operator/campaigns/:campaign/caller/cancel',
    {
      config: { role: 'agent' },
      schema: {
        ...common,
        headers,
        operationId: 'cancelForCaller',
        summary: 'Cancel a caller’s reservation',
        description: 'In the order of the lane `agent`. Recorded.',
        body: KnownPair,
        response: { 202: callerCommand, ...refused, ...problemResponses(429, 'unavailable', 'outcome-unknown') },
      },
    },
    async ({ operator, params: { campaign }, body, headers }, reply) => {
      const accepted = await command(operator, campaign, body, { kind: 'cancel' }, headers['idempotency-key'])
      return sendCommand(reply, accepted)
    },
  )

  app.post(
    '/v1/operator/campaigns/:campaign/caller/move',
    {
      config: { role: 'agent' },
      schema: {
        ...common,
        headers,
        operationId: 'moveForCaller',
        summary: 'Move a caller’s reservation',
        description: 'In the order of the lane `agent`; the old seat is kept until there is a new one. Recorded.',
        body: CallerMove,
        response: {
          202: callerCommand,
          ...problemResponses('outcome-unknown', 400, 401, 403, 'not-open', 404, 413, 415, 422, 503),
        },
      },
    },
    async ({ operator, params: { campaign }, body: { choices, ...pair }, headers }, reply) => {
      const accepted = await command(operator, campaign, pair, { kind: 'move', choices }, headers['idempotency-key'])
      return sendCommand(reply, accepted)
    },
  )
}

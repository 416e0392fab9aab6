import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { CampaignId } from '../domain/ids.ts'
import { KnownPair } from '../domain/reservation.ts'
import { Problem } from '../errors.ts'
import type { Operator } from '../operations/authenticate.ts'
import type { Caller, LookedFor } from '../operations/look-for-caller.ts'
import type { Operate } from '../operations/operate.ts'
import type { Receipt, Receipts } from '../privacy/receipts.ts'
import type { Catalogue } from '../status/catalogue.ts'
import type { ReservationView } from '../status/view-reservation.ts'
import { problemResponses } from './problem-details.ts'
import { aReservation, Reservation } from './reservation-routes.ts'

const CallerView = z
  .object({
    reservation: Reservation,
    contact: z
      .object({ email: z.boolean(), phone: z.boolean() })
      .meta({ description: 'By what they can be told; not the address itself.' }),
  })
  .meta({ id: 'Caller', examples: [{ reservation: aReservation, contact: { email: true, phone: false } }] })

const FreshReceipt = z.object({ id: z.string(), receipt: z.string() }).meta({
  id: 'FreshReceipt',
  examples: [
    {
      id: aReservation.id,
      receipt: 'AWkuGcACAAANTjpSax9cOJoHL4xdHnuUAZ8xqwR_cuqxU2e3d0mbDgRkZW1vAmsxq1Zb3jT0c9kR7yPzqkV4mw',
    },
  ],
})

export type CallerRoutes = {
  operate: Operate
  catalogue: Pick<Catalogue, 'get'>
  view: (receipt: Receipt) => Promise<ReservationView>
  signReceipt: Receipts['sign']
}

/** What agents do for who calls: found by voucher and birth date, each look recorded and counted. */
export const callerRoutes: FastifyPluginAsyncZod<CallerRoutes> = async (
  app,
  { operate, catalogue, view, signReceipt },
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
}

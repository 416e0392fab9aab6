import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { CampaignId } from '../domain/ids.ts'
import { KnownPair } from '../domain/reservation.ts'
import type { Recover } from '../intake/recover.ts'
import { createAskLimit } from './limit-asks.ts'
import { problemResponses } from './problem-details.ts'

/** A hospital's people share an address, but do not all lose their receipts within a minute. */
const asksPerMinute = 20

export type RecoveryRoutes = { recover: Recover }

export const recoveryRoutes: FastifyPluginAsyncZod<RecoveryRoutes> = async (app, { recover }) => {
  const countAsk = createAskLimit(asksPerMinute)

  app.post(
    '/v1/campaigns/:campaign/recovery',
    {
      schema: {
        operationId: 'recoverReceipt',
        summary: 'Have a lost receipt sent',
        description:
          'Always 202. If voucher and birth date are those of a reservation with an e-mail address or a telephone number, a fresh ' +
          'receipt goes there. A contact is told at most once in ten minutes.',
        tags: ['reservations'],
        params: z.object({ campaign: CampaignId }),
        body: KnownPair,
        response: {
          202: z.object({ status: z.literal('noted') }),
          ...problemResponses(400, 404, 413, 415, 429, 503),
        },
      },
      onRequest: async ({ ip }) => countAsk(ip),
    },
    async ({ params, body }, reply) => {
      await recover(params.campaign, body)
      return reply.code(202).send({ status: 'noted' })
    },
  )
}

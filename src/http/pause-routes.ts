import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { CampaignId } from '../domain/ids.ts'
import type { Operate } from '../operations/operate.ts'
import { PauseReason } from '../operations/pause-campaign.ts'
import { problemResponses } from './problem-details.ts'

const What = z
  .enum(['intake', 'allocation'])
  .meta({ description: '`intake`: requests are refused. `allocation`: they are accepted as ever, and wait.' })

const Steered = z.object({ campaign: CampaignId, what: What, paused: z.boolean().meta({ examples: [true] }) })

export type PauseRoutes = { operate: Operate }

export const pauseRoutes: FastifyPluginAsyncZod<PauseRoutes> = async (app, { operate }) => {
  const common = { tags: ['operators'], security: [{ operatorKey: [] }], params: z.object({ campaign: CampaignId }) }
  const response = { 200: Steered, ...problemResponses(400, 401, 403, 404, 409, 413, 415, 503) }

  app.post(
    '/v1/operator/campaigns/:campaign/pause',
    {
      config: { role: 'admin' },
      schema: {
        ...common,
        operationId: 'pauseCampaign',
        summary: 'Stop accepting or deciding',
        description: 'Kept until it is resumed, whatever is restarted meanwhile.',
        body: z.strictObject({ what: What, reason: PauseReason }),
        response,
      },
    },
    async ({ params: { campaign }, body: { what, reason }, operator }) => {
      await operate(operator).pause(campaign, what, reason)
      return { campaign, what, paused: true }
    },
  )

  app.post(
    '/v1/operator/campaigns/:campaign/resume',
    {
      config: { role: 'admin' },
      schema: {
        ...common,
        operationId: 'resumeCampaign',
        summary: 'Go on accepting or deciding',
        body: z.strictObject({ what: What, reason: PauseReason.optional() }),
        response,
      },
    },
    async ({ params: { campaign }, body: { what, reason }, operator }) => {
      await operate(operator).resume(campaign, what, reason)
      return { campaign, what, paused: false }
    },
  )
}

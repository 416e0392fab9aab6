import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { CampaignId, Uuid } from '../domain/ids.ts'
import { Lane } from '../domain/lane.ts'
import type { Operate } from '../operations/operate.ts'
import { zonedTime } from '../status/zoned-time.ts'
import { Paging } from './paging.ts'
import { problemResponses } from './problem-details.ts'

const SetAside = z
  .object({
    requestId: z.string(),
    campaign: z.string(),
    lane: Lane,
    queueNumber: z.int(),
    error: z.string().meta({ description: 'What the database said when it was to be committed.' }),
    setAsideAt: z.string(),
  })
  .meta({
    id: 'SetAside',
    examples: [
      {
        requestId: '0d4e3a52-6b1f-5c38-9a07-2f8c5d1e7b94',
        campaign: 'demo',
        lane: 'web',
        queueNumber: 1234,
        error: '23514 slots_never_oversold',
        setAsideAt: '2026-12-01T00:00:02Z',
      },
    ],
  })

export type SetAsideRoutes = { operate: Operate }

export const setAsideRoutes: FastifyPluginAsyncZod<SetAsideRoutes> = async (app, { operate }) => {
  const common = { tags: ['operators'], security: [{ operatorKey: [] }] }
  const params = z.object({ requestId: Uuid })

  app.get(
    '/v1/operator/set-aside',
    {
      config: { role: 'viewer' },
      schema: {
        ...common,
        operationId: 'listSetAside',
        summary: 'Requests that could not be committed',
        description: 'The oldest first. The others went on; these wait for an operator.',
        querystring: Paging.extend({ campaign: CampaignId.optional(), after: Uuid.optional() }),
        response: {
          200: z.object({ setAside: z.array(SetAside), next: z.string().nullable() }),
          ...problemResponses(400, 401, 403, 503),
        },
      },
    },
    async ({ query: { campaign, after, limit }, operator }) => {
      const found = await operate(operator).listSetAside({
        campaign: campaign ?? null,
        after: after ?? null,
        limit: limit + 1,
      })
      const shown = found.slice(0, limit)
      return {
        setAside: shown.map(({ number, setAsideAt, ...aside }) => ({
          ...aside,
          queueNumber: number,
          setAsideAt: zonedTime(setAsideAt, 'UTC'),
        })),
        next: found.length > limit ? shown.at(-1)!.requestId : null,
      }
    },
  )

  app.post(
    '/v1/operator/set-aside/:requestId/retry',
    {
      config: { role: 'admin' },
      schema: {
        ...common,
        operationId: 'retrySetAside',
        summary: 'Put it at the end of its lane',
        params,
        response: {
          200: z.object({
            requestId: Uuid,
            campaign: CampaignId,
            lane: Lane,
            queueNumber: z.int().meta({ examples: [1302] }),
          }),
          ...problemResponses(400, 401, 403, 404, 409, 503),
        },
      },
    },
    async ({ params: { requestId }, operator }) => operate(operator).retrySetAside(requestId),
  )

  app.post(
    '/v1/operator/set-aside/:requestId/withdraw',
    {
      config: { role: 'admin' },
      schema: {
        ...common,
        operationId: 'withdrawSetAside',
        summary: 'Reject it',
        description: 'With the reason `withdrawn-by-operator`.',
        params,
        response: {
          200: z.object({
            requestId: Uuid,
            campaign: CampaignId,
            before: z
              .boolean()
              .meta({ description: 'It had been decided before, and keeps that decision.', examples: [false] }),
          }),
          ...problemResponses(400, 401, 403, 404, 409, 503),
        },
      },
    },
    async ({ params: { requestId }, operator }) => operate(operator).withdrawSetAside(requestId),
  )
}

import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Lane } from '../domain/lane.ts'
import type { QueueDepth } from '../postgres/queues.ts'
import type { Board } from '../status/board.ts'
import { problemResponses } from './problem-details.ts'

const Queue = z
  .object({
    campaign: z.string(),
    lane: Lane,
    waiting: z.int().meta({ description: 'Requests accepted and not yet decided.' }),
    active: z.int().meta({ description: 'Batches that hold them.' }),
    setAside: z.int(),
    oldestBatchAgeSeconds: z.number().nullable(),
    decidedPerSecond: z.int(),
    estimatedWaitSeconds: z.int().nullable(),
  })
  .meta({
    id: 'Queue',
    examples: [
      {
        campaign: 'demo',
        lane: 'web',
        waiting: 1200,
        active: 4,
        setAside: 0,
        oldestBatchAgeSeconds: 1.4,
        decidedPerSecond: 850,
        estimatedWaitSeconds: 2,
      },
    ],
  })

export type QueueRoutes = { readDepths: () => Promise<QueueDepth[]>; board: Board }

export const queueRoutes: FastifyPluginAsyncZod<QueueRoutes> = async (app, { readDepths, board }) => {
  app.get(
    '/v1/operator/queues',
    {
      config: { role: 'viewer' },
      schema: {
        operationId: 'listQueues',
        summary: 'How deep the queues are',
        tags: ['operators'],
        security: [{ operatorKey: [] }],
        response: { 200: z.object({ queues: z.array(Queue) }), ...problemResponses(401, 403, 503) },
      },
    },
    async () => {
      const depths = await readDepths()
      return {
        queues: depths.map(({ campaign, lane, waiting, waitingBatches, setAside, oldestBatchAgeSeconds }) => ({
          campaign,
          lane,
          waiting,
          active: waitingBatches,
          setAside,
          oldestBatchAgeSeconds,
          decidedPerSecond: board.read(campaign, lane)?.decidedPerSecond ?? 0,
          estimatedWaitSeconds: board.wait(campaign, lane, null).p50Seconds,
        })),
      }
    },
  )
}

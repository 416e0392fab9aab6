import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { StatusView } from '../status/view-status.ts'
import { Announcement } from './announcement.ts'
import { problemResponses, sendProblem } from './problem-details.ts'
import { everySecond } from './public-cache.ts'

const Status = z
  .object({
    rung: z.enum(['normal', 'deciding-late', 'redis-away', 'postgres-away', 'overloaded', 'refusing']),
    since: z.string(),
    intake: z.enum(['open', 'shedding', 'paused', 'refusing']),
    spooledBatches: z.int(),
    announcement: Announcement.nullable(),
  })
  .meta({
    id: 'Status',
    examples: [
      { rung: 'normal', since: '2026-12-01T00:00:00Z', intake: 'open', spooledBatches: 0, announcement: null },
    ],
  })

export type HealthRoutes = {
  /** Whether a request sent now could be accepted: at least one store answers, and this process is not about to leave. */
  isReady: () => boolean
  status: () => StatusView
}

export const healthRoutes: FastifyPluginAsyncZod<HealthRoutes> = async (app, { isReady, status }) => {
  const Well = z.object({ status: z.literal('ok') })

  app.get(
    '/livez',
    { schema: { operationId: 'isAlive', summary: 'The process runs', tags: ['health'], response: { 200: Well } } },
    async () => ({ status: 'ok' }) as const,
  )

  app.get(
    '/readyz',
    {
      schema: {
        operationId: 'isReady',
        summary: 'It can accept',
        tags: ['health'],
        response: { 200: Well, ...problemResponses(503) },
      },
    },
    async (request, reply) => {
      if (isReady()) return { status: 'ok' } as const
      return sendProblem(request, reply, 'unavailable', 'No store answers, or this process is stopping.', {
        retryAfterSeconds: 5,
      })
    },
  )

  app.get(
    '/status',
    {
      config: { cacheControl: everySecond },
      schema: { operationId: 'readStatus', summary: 'How the service is', tags: ['health'], response: { 200: Status } },
    },
    async () => status(),
  )
}

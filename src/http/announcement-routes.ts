import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { NewAnnouncement } from '../domain/announcement.ts'
import type { Operate } from '../operations/operate.ts'
import { Announcement } from './announcement.ts'
import { problemResponses } from './problem-details.ts'

export type AnnouncementRoutes = { operate: Operate }

export const announcementRoutes: FastifyPluginAsyncZod<AnnouncementRoutes> = async (app, { operate }) => {
  const common = { tags: ['operators'], security: [{ operatorKey: [] }] }

  app.put(
    '/v1/operator/announcement',
    {
      config: { role: 'admin' },
      schema: {
        ...common,
        operationId: 'announce',
        summary: 'Tell everybody what happened',
        description:
          'One at a time, for the whole service. It stands in `/status`, in `progress` and in every answer 503, also while everything else is down.',
        body: NewAnnouncement,
        response: { 200: Announcement, ...problemResponses(400, 401, 403, 413, 415, 503) },
      },
    },
    async ({ body, operator }) => operate(operator).announce(body),
  )

  app.delete(
    '/v1/operator/announcement',
    {
      config: { role: 'admin' },
      schema: {
        ...common,
        operationId: 'clearAnnouncement',
        summary: 'Take the announcement away',
        response: {
          204: z.null().meta({ description: 'Nothing is announced any more.' }),
          ...problemResponses(401, 403, 503),
        },
      },
    },
    async ({ operator }, reply) => {
      await operate(operator).clearAnnouncement()
      return reply.code(204).send(null)
    },
  )
}

import closeWithGrace from 'close-with-grace'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { CampaignId } from '#src/domain/ids.ts'
import { ReservationRequest } from '#src/domain/reservation.ts'
import { leaveWithParent } from '#src/embedded/leave-with-parent.ts'
import { listenBacklog } from '#src/http/limits.ts'

export type BookRequest = FastifyRequest<{ Body: ReservationRequest; Params: { campaign: string } }>

/**
 * Serves one route, with the path and the body of ours: a plain Fastify, without a logger, without a limit, with zod. `closed` is
 * called after the last answer.
 */
export async function serve({
  book,
  configure = () => {},
  closed = async () => {},
}: {
  book: (request: BookRequest, reply: FastifyReply) => Promise<unknown>
  configure?: (app: FastifyInstance) => void
  closed?: () => Promise<unknown>
}): Promise<void> {
  const app = fastify()
  app.setValidatorCompiler(validatorCompiler)
  configure(app)
  app.post(
    '/v1/campaigns/:campaign/reservations',
    { schema: { params: z.object({ campaign: CampaignId }), body: ReservationRequest } },
    (request, reply) => book(request as BookRequest, reply),
  )
  app.get('/readyz', async () => ({ status: 'ok' }))

  const grace = closeWithGrace({ delay: 5_000 }, async () => {
    await app.close()
    await closed()
  })
  leaveWithParent(() => grace.close())
  await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT), backlog: listenBacklog })
}

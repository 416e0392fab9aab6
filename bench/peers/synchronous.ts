// PROCESS: what one would build first. Each request is one transaction, and is answered with its outcome.
import { handleError } from '#src/http/problem-details.ts'
import { createAdmit } from './admit.ts'
import { book } from './book.ts'
import { createPeerPool } from './pool.ts'
import { serve } from './serve.ts'

const pool = createPeerPool()
const admit = createAdmit()

await serve({
  configure: (app) => app.setErrorHandler(handleError),
  book: async ({ params: { campaign }, body, headers }, reply) => {
    const { request, receipt } = admit(campaign, body, headers['idempotency-key'] as string | undefined)
    const { status, reason } = await book(pool, campaign, request)
    return reply.code(201).send({ id: request.id, status, reason, receipt })
  },
  closed: () => pool.end(),
})

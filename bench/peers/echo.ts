// PROCESS: the ceiling. A bare Fastify that validates the same body and sends it back.
import { serve } from './serve.ts'

await serve({ book: async (request, reply) => reply.code(202).send(request.body) })

import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import packageJson from '../../package.json' with { type: 'json' }
import { finishDocument } from './finish-document.ts'
import { tidySchema } from './tidy-schema.ts'

const description = `Reservations when everyone comes at once: answered in milliseconds with a receipt, decided in order.

**To book**: send the wishes (\`reserve\`); keep the receipt of the 202; look at \`readProgress\`, which is the same for everybody and
cacheable, until \`servingNumber\` has reached your queue number; then ask for your own outcome (\`readReservation\`).

**Every error** is a problem document (RFC 9457, \`application/problem+json\`). Tell them apart by \`type\`; each has a schema of its own below.
Beside those named at an operation, a request that cannot be read as HTTP is refused with \`request-timeout\` or \`headers-too-large\`.

**What may be added** without a new version: paths, optional fields of requests, fields of answers, values of \`status\`, \`reason\` and
\`type\`. Ignore what you do not know.`

const zodToJsonConfig = { override: tidySchema }
const toJsonSchema = createJsonSchemaTransform({ zodToJsonConfig })
const addComponents = createJsonSchemaTransformObject({ zodToJsonConfig })

/** OpenAPI 3.1 from the routes' own schemas, at `/openapi.json`. Registered before the routes. */
export async function serveOpenApi(app: FastifyInstance) {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Junban',
        version: packageJson.version,
        description,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'reservations', description: 'Ask for a seat, and what became of it. Whoever holds the receipt may.' },
        { name: 'campaigns', description: 'What there is to book, and how far the queue is. Public, and cacheable.' },
        { name: 'health', description: 'Whether the process runs, whether it can accept, how the service is.' },
        { name: 'operators', description: 'Look after the queues, with an operator’s key.' },
      ],
      components: {
        securitySchemes: {
          receipt: { type: 'http', scheme: 'bearer', description: 'The receipt given with the 202.' },
          operatorKey: { type: 'http', scheme: 'bearer', description: 'An operator key: `junban operator add`.' },
        },
      },
    },
    transform: (route) => {
      const transformed = toJsonSchema(route)
      keepHeaders(route.schema?.response, transformed.schema?.response)
      return transformed
    },
    transformObject: (document) => finishDocument(addComponents(document)),
  })
  app.get('/openapi.json', { schema: { hide: true } as object }, async () => app.swagger())
}

/** The headers of each response, which the transformation from zod leaves out. */
function keepHeaders(declared: unknown, transformed: unknown): void {
  const to = transformed as Record<string, object> | undefined
  for (const [status, response] of Object.entries(declared ?? {}))
    if (to?.[status] && response.headers) Object.assign(to[status], { headers: response.headers })
}

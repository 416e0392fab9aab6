import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import packageJson from '../../package.json' with { type: 'json' }

/** OpenAPI 3.1 from the routes' own schemas, at `/openapi.json`. Registered before the routes. */
export async function serveOpenApi(app: FastifyInstance) {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Junban',
        version: packageJson.version,
        description:
          'Reservations when everyone comes at once: answered in milliseconds with a receipt, decided in order.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          receipt: { type: 'http', scheme: 'bearer', description: 'The receipt given with the 202.' },
          operatorKey: { type: 'http', scheme: 'bearer', description: 'An operator key: `junban operator add`.' },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  app.get('/openapi.json', { schema: { hide: true } as object }, async () => app.swagger())
}

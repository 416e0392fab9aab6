import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/** The page loads its own files, asks this API, and nothing else, whatever stands in the description. */
const contentSecurityPolicy = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
}

/** The description of the API for people, at `/docs`, to read and to try. Registered after `serveOpenApi`. */
export async function serveDocs(app: FastifyInstance) {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    theme: { title: 'Junban API' },
    uiConfig: {
      layout: 'BaseLayout',
      displayOperationId: true,
      displayRequestDuration: true,
      defaultModelRendering: 'example',
      defaultModelsExpandDepth: 0,
      validatorUrl: null,
    },
  })
}

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import type { Authenticate, Operator, OperatorRole } from '../operations/authenticate.ts'
import { looksLikeOperatorKey } from '../privacy/operator-keys.ts'
import { hooksOf } from './route-hooks.ts'

const rank: Record<OperatorRole, number> = { viewer: 0, agent: 1, admin: 2 }

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The least role that may use an operator route. */
    role?: OperatorRole
  }
  interface FastifyRequest {
    operator: Operator | null
    /** The person was not eligible: counted as a refusal, though other 403s are not. */
    notEligible: boolean
  }
}

/** The credential of a request, or null. */
export function bearer(request: FastifyRequest): string | null {
  const [, token] = /^Bearer ([!-~]{1,600})$/i.exec(request.headers.authorization ?? '') ?? []
  return token ?? null
}

/**
 * Guards the operator routes: each declares its role once, in its `config`, and one that does not fails at the start. No key, or one
 * that is not known: 401; a role that is not enough: 403.
 */
export function guardOperatorRoutes(app: FastifyInstance, { authenticate }: { authenticate: Authenticate }) {
  app.decorateRequest('operator', null)
  app.decorateRequest('notEligible', false)
  app.addHook('onRoute', (route) => {
    const role = route.config?.role
    if (role)
      route.onRequest = [
        async (request) => {
          request.operator = await requireOperator(request, role, authenticate)
        },
        ...hooksOf(route.onRequest),
      ]
    else if (route.url.startsWith('/v1/operator/')) throw new Error(`bug: operator route ${route.url} declares no role`)
  })
}

/** The operator who asks. Throws a Problem when there is none, or the role is not enough. */
export async function requireOperator(
  request: FastifyRequest,
  role: OperatorRole,
  authenticate: Authenticate,
): Promise<Operator> {
  const token = bearer(request)
  const operator = token && looksLikeOperatorKey(token) ? await authenticate(token) : null
  if (!operator) throw new Problem('unauthorized', 'A valid operator key is needed: Authorization: Bearer <key>.')
  if (rank[operator.role] < rank[role]) throw new Problem('forbidden', `This needs the role ${role}.`)
  return operator
}

import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify'
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Logger } from '../logger.ts'
import { type CampaignRoutes, campaignRoutes } from './campaign-routes.ts'
import { answerClientError, refuseUnclearRequests } from './client-error.ts'
import { type CommandRoutes, commandRoutes } from './command-routes.ts'
import { serveDocs } from './docs.ts'
import { createEarlyRefusal } from './early-refusal.ts'
import { eventRoutes } from './event-routes.ts'
import { type HealthRoutes, healthRoutes } from './health-routes.ts'
import { readJsonBodies } from './json-body.ts'
import { lingerMs, maxConnections, maxRequestsPerSocket, requestLimits, serverLimits } from './limits.ts'
import { serveMetrics } from './metrics.ts'
import { serveOpenApi } from './openapi.ts'
import { guardOperatorRoutes } from './operator-access.ts'
import { type OperatorRoutes, operatorRoutes } from './operator-routes.ts'
import { handleError, sendProblem } from './problem-details.ts'
import { cachePublicAnswers } from './public-cache.ts'
import { type RecoveryRoutes, recoveryRoutes } from './recovery-routes.ts'
import { limitRefusals } from './refusals.ts'
import { type ReservationRoutes, reservationRoutes } from './reservation-routes.ts'
import { createSeatLine } from './seat-line.ts'
import { validate } from './validate.ts'

export type AppOptions = ReservationRoutes &
  CommandRoutes &
  RecoveryRoutes &
  CampaignRoutes &
  HealthRoutes &
  OperatorRoutes &
  Omit<Parameters<typeof serveMetrics>[1], 'board' | 'catalogue'> & {
    log: Logger
    /** Whether there is no place for one more of the web lane, where so many wait for their turn; how many of these have none any more. */
    turnsAway: (waiting: number) => boolean
    excess: (waiting: number) => number
    trustedProxies: number
    refusalsPerMinute: number
  }

/** A proxy's request id is kept if it is a UUID or a trace id. Anything else could be a voucher, and ids are logged. */
const requestIdForm = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i

function traceAnswer(request: FastifyRequest, reply: FastifyReply, done: () => void) {
  request.log.trace(
    {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url,
      statusCode: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
    },
    'answered',
  )
  done()
}

/** The HTTP side of Junban, ready to listen or to be injected into. Holds no rule: what it does is given to it. */
export async function buildApp(options: AppOptions) {
  const { log, trustedProxies, refusalsPerMinute } = options
  let refusedEarly = () => {}
  const lineUp = createSeatLine({
    turnsAway: options.turnsAway,
    excess: options.excess,
    refuse: createEarlyRefusal({ announcement: options.announcements.view, refused: () => refusedEarly() }),
  })
  const app = fastify({
    ...requestLimits,
    serverFactory: (handler) =>
      createServer(serverLimits, (request, response) => lineUp(request, response, () => handler(request, response))),
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // What is logged of a request names it: a logger of its own for each would be made for nothing.
    childLoggerFactory: (logger) => logger,
    trustProxy: trustedProxies > 0 && ((_address: string, hop: number) => hop < trustedProxies),
    genReqId: (request) => {
      const given = request.headers['x-request-id']
      return typeof given === 'string' && requestIdForm.test(given) ? given : randomUUID()
    },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      void handleError(error, request, reply)
    },
  }).withTypeProvider<ZodTypeProvider>()
  app.server.maxConnections = maxConnections
  app.server.maxRequestsPerSocket = maxRequestsPerSocket

  app.setValidatorCompiler(validate)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(handleError)
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, 'not-found', 'There is no such path, or not with this method.'),
  )
  app.decorate('announcement', () => options.announcements.view())
  readJsonBodies(app)
  refuseUnclearRequests(app)
  // Before keys are looked up: who guesses keys is refused again and again, too.
  limitRefusals(app, { perMinute: refusalsPerMinute })
  guardOperatorRoutes(app, options)
  cachePublicAnswers(app)

  app.addHook('onSend', (request, reply, payload, done) => {
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    reply.header('server-timing', `total;dur=${reply.elapsedTime.toFixed(1)}`)
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
    done(null, payload)
  })
  if (log.isLevelEnabled('trace')) app.addHook('onResponse', traceAnswer)

  // Node would cut whoever has connected and not yet been heard: take them in, then nobody new, and wait for what they send.
  app.addHook('preClose', async () => {
    if (!app.server.listening) return
    await sleep(lingerMs)
    Server.prototype.close.call(app.server)
    await sleep(lingerMs)
  })

  await serveOpenApi(app)
  await serveDocs(app)
  refusedEarly = serveMetrics(app, options).refusedEarly
  await app.register(reservationRoutes, options)
  await app.register(commandRoutes, options)
  await app.register(eventRoutes, options)
  await app.register(recoveryRoutes, options)
  await app.register(campaignRoutes, options)
  await app.register(healthRoutes, options)
  await app.register(operatorRoutes, options)
  return app
}

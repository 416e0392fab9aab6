import type { FastifyInstance, FastifyReply } from 'fastify'
import { Counter, Histogram, type Registry } from 'prom-client'
import type { ProblemType } from '../errors.ts'
import { hooksOf } from './route-hooks.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** The problem that was answered; null when none was. */
    problem: ProblemType | null
  }
}

/** The route by which people ask for a seat. */
const reserving = '/v1/campaigns/:campaign/reservations'

/**
 * Counts and times every answer. The labels of a route are looked up when it is declared: looked up for each request, they took a
 * twentieth of intake's time.
 */
export function measureAnswers(app: FastifyInstance, registry: Registry) {
  const registers = [registry]
  const answers = new Counter({
    name: 'junban_http_answers_total',
    help: 'Answers, by route and status code.',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: 'junban_http_request_duration_seconds',
    help: 'From the request’s headers to the end of the answer.',
    labelNames: ['route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  })
  const outcomes = new Counter({
    name: 'junban_requests_total',
    help: 'Requests for a seat, by what was answered at once: accepted, or the end of the problem’s type.',
    labelNames: ['outcome'],
    registers,
  })

  /** Counts the answers of one route and method. */
  function meterOf(method: string, route: string) {
    const ofStatus = new Map<number, ReturnType<typeof answers.labels>>()
    function counterOf(status: number) {
      const known = ofStatus.get(status) ?? answers.labels(method, route, String(status))
      ofStatus.set(status, known)
      return known
    }
    const duration = seconds.labels(route)
    const isReserving = route === reserving && method === 'POST'
    const accepted = outcomes.labels('accepted')
    return (reply: Pick<FastifyReply, 'statusCode' | 'elapsedTime' | 'problem'>) => {
      const { statusCode } = reply
      counterOf(statusCode).inc()
      duration.observe(reply.elapsedTime / 1_000)
      if (!isReserving) return
      if (statusCode === 202) accepted.inc()
      else outcomes.inc({ outcome: reply.problem ?? 'other' })
    }
  }

  app.decorateReply('problem', null)
  app.addHook('onRoute', (route) => {
    const measure = meterOf(String(route.method), route.url)
    route.onResponse = [
      ...hooksOf(route.onResponse),
      (_request, reply, done) => {
        measure(reply)
        done()
      },
    ]
  })
  const measureUnknown = meterOf('any', 'none')
  app.addHook('onResponse', (request, reply, done) => {
    if (request.is404) measureUnknown(reply)
    done()
  })

  const measureEarly = meterOf('POST', reserving)
  return {
    /** Counts a request for a seat that was refused before it was routed. */
    refusedEarly: () => measureEarly({ statusCode: 503, elapsedTime: 0, problem: 'unavailable' }),
  }
}

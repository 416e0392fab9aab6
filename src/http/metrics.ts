import type { FastifyInstance } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { lanes } from '../domain/lane.ts'
import type { Board } from '../status/board.ts'
import type { Catalogue } from '../status/catalogue.ts'
import type { Ladder } from '../status/rung.ts'

const rungs = ['normal', 'deciding-late', 'redis-away', 'postgres-away', 'overloaded', 'refusing']

/** What this process measures of itself, and `GET /metrics` in the Prometheus text format. Nothing personal is a label. */
export function serveMetrics(
  app: FastifyInstance,
  {
    board,
    catalogue,
    ladder,
    spooledBatches,
  }: {
    board: Board
    catalogue: Catalogue
    ladder: Ladder
    spooledBatches: () => number
  },
) {
  const registers = [new Registry()]
  const [registry] = registers as [Registry]
  collectDefaultMetrics({ register: registry })

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
  new Gauge({
    name: 'junban_accepted_number',
    help: 'The last queue number that was accepted.',
    labelNames: ['campaign', 'lane'],
    registers,
    collect() {
      eachLane((campaign, lane, progress) => this.set({ campaign, lane }, progress.acceptedNumber))
    },
  })
  new Gauge({
    name: 'junban_serving_number',
    help: 'The last queue number that was decided.',
    labelNames: ['campaign', 'lane'],
    registers,
    collect() {
      eachLane((campaign, lane, progress) => this.set({ campaign, lane }, progress.servingNumber))
    },
  })
  new Gauge({
    name: 'junban_spooled_batches',
    help: 'Batches that wait in Redis to be logged.',
    registers,
    collect() {
      this.set(spooledBatches())
    },
  })
  new Gauge({
    name: 'junban_rung',
    help: '1 for the rung of the degradation ladder on which this process stands.',
    labelNames: ['rung'],
    registers,
    collect() {
      const { rung } = ladder.look()
      for (const one of rungs) this.set({ rung: one }, one === rung ? 1 : 0)
    },
  })

  function eachLane(set: (campaign: string, lane: string, progress: NonNullable<ReturnType<Board['read']>>) => void) {
    for (const { id } of catalogue.all())
      for (const lane of lanes) {
        const progress = board.read(id, lane)
        if (progress) set(id, lane, progress)
      }
  }

  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    answers.inc({ method: request.method, route, status: reply.statusCode })
    seconds.observe({ route }, reply.elapsedTime / 1_000)
  })

  app.get('/metrics', { schema: { hide: true } as object, logLevel: 'silent' }, async (_request, reply) =>
    reply.header('content-type', registry.contentType).send(await registry.metrics()),
  )
}

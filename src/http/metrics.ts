import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { z } from 'zod'
import { lanes } from '../domain/lane.ts'
import type { NoticeDepth } from '../postgres/notices.ts'
import type { QueueDepth } from '../postgres/queues.ts'
import type { Board } from '../status/board.ts'
import type { Catalogue } from '../status/catalogue.ts'
import type { Ladder } from '../status/rung.ts'
import type { BatchMeter } from './batch-meter.ts'
import { measureAnswers } from './measure-answers.ts'

const Metrics = z.string().meta({ examples: ['junban_accepted_number{campaign="demo",lane="web"} 1234\n'] })

const rungs = ['normal', 'deciding-late', 'redis-away', 'postgres-away', 'overloaded', 'refusing']

/** What this process measures of itself, and `GET /metrics` in the Prometheus text format. Nothing personal is a label. */
export function serveMetrics(
  app: FastifyInstance,
  {
    board,
    catalogue,
    ladder,
    spooledBatches,
    registerSize,
    readDepths,
    readNoticeDepth,
    batchMeter,
  }: {
    board: Board
    catalogue: Catalogue
    ladder: Ladder
    spooledBatches: () => number
    /** Vouchers of a campaign in memory; undefined where there is no register. */
    registerSize: (campaign: string) => number | undefined
    readDepths: () => Promise<QueueDepth[]>
    readNoticeDepth: () => Promise<NoticeDepth>
    batchMeter: BatchMeter
  },
) {
  const registers = [new Registry()]
  const [registry] = registers as [Registry]
  collectDefaultMetrics({ register: registry })

  const measured = measureAnswers(app, registry)
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
    name: 'junban_register_vouchers',
    help: 'Vouchers of the register in the memory of this process.',
    labelNames: ['campaign'],
    registers,
    collect() {
      this.reset()
      for (const { id } of catalogue.all()) {
        const size = registerSize(id)
        if (size !== undefined) this.set({ campaign: id }, size)
      }
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

  const lane = ['campaign', 'lane']
  const waiting = new Gauge({
    name: 'junban_waiting_requests',
    help: 'Requests accepted and not yet decided.',
    labelNames: lane,
    registers,
  })
  const oldest = new Gauge({
    name: 'junban_oldest_batch_age_seconds',
    help: 'Age of the oldest undecided batch of the log; 0 when none waits.',
    labelNames: lane,
    registers,
  })
  const setAside = new Gauge({
    name: 'junban_set_aside_requests',
    help: 'Requests that could not be committed and wait for an operator.',
    labelNames: lane,
    registers,
  })
  const notices = new Gauge({
    name: 'junban_notices',
    help: 'What people are to be told: waiting, or set aside for an operator.',
    labelNames: ['state'],
    registers,
  })
  const oldestNotice = new Gauge({
    name: 'junban_oldest_notice_age_seconds',
    help: 'How long the oldest of the notices that wait has waited; 0 when none waits.',
    labelNames: [],
    registers,
  })

  /** What only Postgres knows. While it is away there are no such figures, rather than old ones. */
  async function readFromPostgres() {
    const [depths, depth] = await Promise.all([readDepths().catch(() => []), readNoticeDepth().catch(() => null)])
    for (const gauge of [waiting, oldest, setAside, notices, oldestNotice]) gauge.reset()
    for (const { campaign, lane, ...of } of depths) {
      waiting.set({ campaign, lane }, of.waiting)
      oldest.set({ campaign, lane }, of.oldestBatchAgeSeconds ?? 0)
      setAside.set({ campaign, lane }, of.setAside)
    }
    if (!depth) return
    notices.set({ state: 'waiting' }, depth.waiting)
    notices.set({ state: 'set-aside' }, depth.setAside)
    oldestNotice.set(depth.oldestAgeSeconds ?? 0)
  }

  function eachLane(set: (campaign: string, lane: string, progress: NonNullable<ReturnType<Board['read']>>) => void) {
    for (const { id } of catalogue.all())
      for (const lane of lanes) {
        const progress = board.read(id, lane)
        if (progress) set(id, lane, progress)
      }
  }

  const schema = {
    operationId: 'readMetrics',
    summary: 'What is measured, for Prometheus',
    tags: ['health'],
    response: { 200: { description: 'The text format', content: { 'text/plain': { schema: Metrics } } } },
  }
  app.get('/metrics', { schema, logLevel: 'silent' }, async (_request, reply) => {
    await readFromPostgres()
    const all = Registry.merge([registry, batchMeter.registry])
    return reply.header('content-type', all.contentType).send(await all.metrics())
  })
  return measured
}

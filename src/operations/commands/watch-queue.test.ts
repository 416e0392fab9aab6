import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { operatorDatabase, testLog } from '../../../test/setup/operator-database.ts'
import type { QueuedRequest } from '../../domain/batch.ts'
import { appendBatch } from '../../postgres/batches.ts'
import { createPool } from '../../postgres/pool.ts'
import { type QueueDepth, readQueueDepths } from '../../postgres/queues.ts'
import { createRates, type MovingLane } from './queue-rates.ts'
import { renderQueue } from './render-queue.ts'
import { watchQueue } from './watch-queue.ts'

const depth = (fields: Partial<QueueDepth> = {}): QueueDepth => ({
  campaign: 'medics',
  lane: 'web',
  acceptedNumber: 0,
  servingNumber: 0,
  waiting: 0,
  waitingBatches: 0,
  setAside: 0,
  intakePaused: false,
  allocationPaused: false,
  oldestBatchAgeSeconds: null,
  ...fields,
})
const moving = (fields: Partial<MovingLane> = {}): MovingLane => ({
  ...depth(),
  acceptedPerSecond: 0,
  decidedPerSecond: 0,
  emptyInSeconds: 0,
  ...fields,
})
const status = { rung: 'normal', intake: 'open', spooledBatches: 0, announcement: null }
const frame = (lanes: MovingLane[]) => ({ time: '09:00:00', status, lanes, failure: null })

test('rates are of the last seconds, and tell when nothing will wait any more', () => {
  const measure = createRates()
  const at = (acceptedNumber: number, servingNumber: number) =>
    depth({ acceptedNumber, servingNumber, waiting: acceptedNumber - servingNumber })
  expect(measure([at(100, 0)], 0)[0]).toMatchObject({ acceptedPerSecond: null, emptyInSeconds: null })
  expect(measure([at(300, 100)], 2_000)[0]).toMatchObject({
    acceptedPerSecond: 100,
    decidedPerSecond: 50,
    emptyInSeconds: null,
  })
  expect(measure([at(300, 200)], 4_000)[0]).toMatchObject({ acceptedPerSecond: 50, decidedPerSecond: 50 })
  expect(measure([at(300, 250)], 6_500)[0]).toMatchObject({ acceptedPerSecond: 0, emptyInSeconds: 2 })
})

test('a terminal of any size is filled, never overflown: lines and lanes that do not fit are left out, and said to be', () => {
  const lanes = [
    moving({
      campaign: '東京医療従事者',
      waiting: 12_000,
      acceptedPerSecond: 900,
      decidedPerSecond: 1_000,
      emptyInSeconds: 120,
    }),
    ...Array.from({ length: 30 }, (_, n) => moving({ campaign: `quiet-${n}` })),
  ]
  const wide = /[\u3000-\u9fff]/g
  for (const columns of [20, 40, 60, 80, 200])
    for (const rows of [4, 10, 24, 60]) {
      const lines = renderQueue(frame(lanes), { columns, rows })
      expect(lines.length).toBeLessThanOrEqual(rows)
      for (const line of lines) expect(line.length + (line.match(wide)?.length ?? 0)).toBeLessThanOrEqual(columns)
    }
  const small = renderQueue(frame(lanes), { columns: 60, rows: 8 })
  expect(small[3]).toMatch(/^東京医療従事者 .*12,000/)
  expect(small[4]).toBe('… and 30 more lanes, all quiet')
  expect(renderQueue(frame(lanes), { columns: 200, rows: 100 })).toHaveLength(34)
})

/** A screen that is left after so many pieces of output. */
function screenFor(pieces: number, isTerminal = false) {
  const left = new AbortController()
  const written: string[] = []
  const write = (text: string) => {
    written.push(text)
    if (written.length === pieces) left.abort()
  }
  return { written, screen: { isTerminal, size: () => ({ columns: 80, rows: 24 }), write, left: left.signal } }
}

test('what waits in the log is shown, plain where there is no terminal', async () => {
  const { url, pool } = await operatorDatabase()
  const api = createPool({ url, role: 'junban_api', name: 'test', log: testLog })
  onTestFinished(() => api.end())
  const requests = Array.from({ length: 7 }, () => ({ id: randomUUID() }) as QueuedRequest)
  await appendBatch(api, { id: randomUUID(), campaign: 'medics', lane: 'web', receivedAt: Date.now(), requests }, {})
  const watch = (screen: Parameters<typeof watchQueue>[0]['screen'], json: boolean) =>
    watchQueue({ readDepths: () => readQueueDepths(pool), readStatus: async () => status, screen, json })

  const plain = screenFor(1)
  await watch(plain.screen, false)
  expect(plain.written[0]).toMatch(/^\d\d:\d\d:\d\d {2}rung normal {2}intake open\n\n/)
  expect(plain.written[0]).toMatch(/\nmedics +web +7 /)
  expect(plain.written[0]).not.toContain('\x1b')

  const lines = screenFor(1)
  await watch(lines.screen, true)
  expect(JSON.parse(lines.written[0]!)).toMatchObject({ status, queues: [{}, {}, { lane: 'web', waiting: 7 }] })

  const live = screenFor(2, true)
  await watch(live.screen, false)
  expect(live.written.at(0)).toBe('\x1b[?1049h\x1b[?25l')
  expect(live.written.at(-1)).toBe('\x1b[?25h\x1b[?1049l')
})

test('a Postgres that is away is said, and the view goes on', async () => {
  const pool = createPool({ url: 'postgres://127.0.0.1:1/x', role: 'junban_operator', name: 'test', log: testLog })
  onTestFinished(() => pool.end())
  const { screen, written } = screenFor(2)
  await watchQueue({ readDepths: () => readQueueDepths(pool), readStatus: async () => null, screen, json: false })
  expect(written).toHaveLength(2)
  for (const block of written) expect(block).toContain('Postgres cannot be reached')
})

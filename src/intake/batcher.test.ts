import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Batch, QueuedRequest } from '../domain/batch.ts'
import {
  apartMs,
  createBatcher,
  enoughRequests,
  maxUnderWay,
  maxWaitingRequests,
  waveMs,
  waveRequests,
} from './batcher.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A batcher whose writes end when the test says so. */
function batcherWithWrites() {
  const writes: (PromiseWithResolvers<string> & { batch: Batch })[] = []
  let clock = 1_000.7
  const batcher = createBatcher<string>({
    campaign: 'medics',
    lane: 'agent',
    write: (batch) => {
      const write = { batch, ...Promise.withResolvers<string>() }
      writes.push(write)
      return write.promise
    },
  })
  return {
    batcher: { ...batcher, add: (asked: QueuedRequest) => batcher.add(asked, clock) },
    writes,
    sizes: () => writes.map(({ batch }) => batch.requests.length),
    advance: (ms: number) => {
      clock += ms
    },
  }
}

let made = 0
function request(): QueuedRequest {
  made += 1
  return {
    id: `00000000-0000-8000-8000-${String(made).padStart(12, '0')}`,
    kind: 'book',
    voucherKey: 'a'.repeat(32),
    fingerprint: 'b'.repeat(32),
    choices: [{ slotId: 'one' }],
    waitlist: false,
    notify: false,
    box: '',
  }
}
const requests = (count: number) => Array.from({ length: count }, request)
/** Everything that is ready has run, what waits for its turn of the event loop too. */
const ready = async () => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
/** The next batch is due, and everything that is ready has run. */
const settle = async () => {
  await ready()
  vi.advanceTimersByTime(apartMs)
  await ready()
}

test('a lone request leaves at once, in a batch of its own', async () => {
  const { batcher, writes } = batcherWithWrites()
  const one = request()
  const placed = batcher.add(one)
  await settle()
  expect(writes.map(({ batch }) => batch)).toEqual([
    { id: expect.any(String), campaign: 'medics', lane: 'agent', receivedAt: 1_000, requests: [one] },
  ])
  writes[0]!.resolve('written')
  expect(await placed).toEqual({
    batchId: writes[0]!.batch.id,
    place: 0,
    result: { status: 'fulfilled', value: 'written' },
  })
})

test('those that arrive while a write is under way travel together as the next batch, in the order of their arrival', async () => {
  const { batcher, writes, advance } = batcherWithWrites()
  const asked = requests(6)
  void batcher.add(asked[0]!)
  await settle()
  advance(200)
  const waiting = asked.slice(1).map((one) => {
    advance(20)
    return batcher.add(one)
  })
  await settle()
  expect(writes).toHaveLength(1)
  advance(500)
  writes[0]!.resolve('first')
  await settle()
  expect(writes).toHaveLength(2)
  expect(writes[1]!.batch.requests).toEqual(asked.slice(1))
  // It was received when its first request came, not when it was closed.
  expect(writes[1]!.batch.receivedAt).toBe(1_220)
  expect(writes[1]!.batch.id).not.toBe(writes[0]!.batch.id)
  writes[1]!.resolve('second')
  expect((await Promise.all(waiting)).map(({ place }) => place)).toEqual([0, 1, 2, 3, 4])
})

test('batches leave 10 ms apart, so that few requests make few batches', async () => {
  const { batcher, writes, sizes } = batcherWithWrites()
  void batcher.add(request())
  await ready()
  writes[0]!.resolve('written')
  for (const one of requests(3)) {
    void batcher.add(one)
    await ready()
  }
  vi.advanceTimersByTime(apartMs - 1)
  await ready()
  expect(sizes()).toEqual([1])
  vi.advanceTimersByTime(1)
  await ready()
  expect(sizes()).toEqual([1, 3])
  writes[1]!.resolve('written')
  await settle()
  // Long since the last: it leaves at once.
  void batcher.add(request())
  await ready()
  expect(sizes()).toEqual([1, 3, 1])
})

test('enough for a batch do not wait until it is due', async () => {
  const { batcher, writes, sizes } = batcherWithWrites()
  void batcher.add(request())
  await ready()
  writes[0]!.resolve('written')
  await ready()
  for (const one of requests(enoughRequests)) void batcher.add(one)
  await ready()
  expect(sizes()).toEqual([1, enoughRequests])
})

/** A crowd that is let in sixteen a turn of the event loop, for so many turns; `turn` is run in each. */
async function letIn({ add }: { add: (asked: QueuedRequest) => unknown }, turns: number, turn = () => {}) {
  for (let n = 0; n < turns; n += 1) {
    for (const one of requests(16)) add(one)
    turn()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('those who come turn by turn of the event loop leave together, until a turn brings nobody', async () => {
  const { batcher, sizes } = batcherWithWrites()
  await letIn(batcher, 10)
  await ready()
  expect(sizes()).toEqual([160])
})

test('a crowd that does not end is divided: 250 are a large batch', async () => {
  const { batcher, writes, sizes } = batcherWithWrites()
  await letIn(batcher, 20)
  await ready()
  const [large] = sizes()
  expect(large).toBeGreaterThanOrEqual(waveRequests)
  expect(large).toBeLessThan(waveRequests + 2 * 16)
  writes[0]!.resolve('written')
  await settle()
  expect(sizes()).toEqual([large, 320 - large!])
})

test('a wave does not wait for the batch under way, but for one of two that are', async () => {
  const { batcher, writes, sizes } = batcherWithWrites()
  const wave = async () => {
    for (const one of requests(waveRequests)) void batcher.add(one)
    await settle()
  }
  for (let n = 0; n < maxUnderWay; n += 1) await wave()
  expect(sizes()).toEqual(Array(maxUnderWay).fill(waveRequests))
  await wave()
  void batcher.add(request())
  await settle()
  expect(writes).toHaveLength(maxUnderWay)

  writes[1]!.resolve('the second is done first')
  await settle()
  expect(sizes().slice(maxUnderWay)).toEqual([waveRequests + 1])
})

test('those who are fewer than a wave wait until nothing is under way', async () => {
  const { batcher, writes, sizes } = batcherWithWrites()
  for (const one of requests(2 * waveRequests)) void batcher.add(one)
  await settle()
  for (const one of requests(waveRequests)) void batcher.add(one)
  await settle()
  expect(sizes()).toEqual([2 * waveRequests, waveRequests])
  for (const one of requests(waveRequests - 1)) void batcher.add(one)
  writes[0]!.resolve('written')
  await settle()
  expect(writes).toHaveLength(2)
  writes[1]!.resolve('written')
  await settle()
  expect(sizes().slice(2)).toEqual([waveRequests - 1])
})

test('it is flushed only when the last of those under way is written', async () => {
  const { batcher, writes } = batcherWithWrites()
  for (let n = 0; n < 2; n += 1) {
    for (const one of requests(waveRequests)) void batcher.add(one)
    await settle()
  }
  let flushed = false
  const done = batcher.flushed().then(() => {
    flushed = true
  })
  writes[1]!.resolve('written')
  await settle()
  expect(flushed).toBe(false)
  writes[0]!.resolve('written')
  await done
})

test('nobody waits for those who come later for more than 15 ms', async () => {
  const { batcher, sizes } = batcherWithWrites()
  await letIn(batcher, 10, () => vi.advanceTimersByTime(waveMs / 3))
  await ready()
  expect(sizes()[0]).toBeLessThan(6 * 16)
})

test('those that arrive in one turn of the event loop leave together', async () => {
  const { batcher, sizes } = batcherWithWrites()
  for (const one of requests(7)) void batcher.add(one)
  await settle()
  expect(sizes()).toEqual([7])
})

test('no batch holds more than 500', async () => {
  const { batcher, writes, sizes } = batcherWithWrites()
  const asked = requests(1_201)
  const placed = asked.map((one) => batcher.add(one))
  for (let write = 0; write < 3; write += 1) {
    await settle()
    writes[write]!.resolve('written')
  }
  await Promise.all(placed)
  expect(sizes()).toEqual([500, 500, 201])
  expect(writes.flatMap(({ batch }) => batch.requests)).toEqual(asked)
})

test('a write that fails is told to those of its batch alone, and the next batch is written', async () => {
  const { batcher, writes } = batcherWithWrites()
  const first = batcher.add(request())
  await settle()
  const second = batcher.add(request())
  const failure = new Error('no store can be reached')
  writes[0]!.reject(failure)
  expect((await first).result).toEqual({ status: 'rejected', reason: failure })
  await settle()
  writes[1]!.resolve('written')
  expect((await second).result).toEqual({ status: 'fulfilled', value: 'written' })
})

test('past the limit of those who wait the next is refused as unavailable, and nobody who waits is lost', async () => {
  const { batcher, writes } = batcherWithWrites()
  const placed = [batcher.add(request())]
  await settle()
  for (const one of requests(maxWaitingRequests)) placed.push(batcher.add(one))
  const tooMany = () => batcher.add(request())
  expect(tooMany).toThrow(expect.objectContaining({ type: 'unavailable', retryAfterSeconds: expect.any(Number) }))
  writes[0]!.resolve('written')
  await settle()
  placed.push(batcher.add(request()))
  for (let done = 1; done < writes.length; done += 1) {
    writes[done]!.resolve('written')
    await settle()
  }
  expect((await Promise.all(placed)).every(({ result }) => result.status === 'fulfilled')).toBe(true)
  expect(writes.reduce((sum, { batch }) => sum + batch.requests.length, 0)).toBe(maxWaitingRequests + 2)
})

test('it is flushed when nothing waits any more, and works on afterwards', async () => {
  const { batcher, writes, sizes } = batcherWithWrites()
  await batcher.flushed()
  void batcher.add(request())
  await settle()
  void batcher.add(request())
  let flushed = false
  const done = batcher.flushed().then(() => {
    flushed = true
  })
  writes[0]!.resolve('written')
  await settle()
  expect(flushed).toBe(false)
  writes[1]!.resolve('written')
  await done
  void batcher.add(request())
  await settle()
  expect(sizes()).toEqual([1, 1, 1])
})

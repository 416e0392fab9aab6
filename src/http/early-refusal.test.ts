import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { createEarlyRefusal } from './early-refusal.ts'
import { problemSchemas } from './problem-schemas.ts'
import { asksForSeat } from './seat-line.ts'

const announcement = { ja: '復旧作業中です', en: 'We are at it', expectedAt: null }
const seats = '/v1/campaigns/medics/reservations'

const opened: (() => void)[] = []
afterEach(() => {
  for (const close of opened.splice(0)) close()
})

/** A server that refuses whoever asks for a seat, and passes on what else is asked. */
async function fullServer() {
  let refused = 0
  const refuseEarly = createEarlyRefusal({
    announcement: () => announcement,
    refused: () => {
      refused += 1
    },
  })
  const server = createServer((request, response) => {
    if (asksForSeat(request)) refuseEarly(response, performance.now())
    else response.end('passed on')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  opened.push(() => server.close())
  const { port } = server.address() as AddressInfo
  return {
    refused: () => refused,
    send: (path: string, init: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init),
  }
}

test('a request for a seat is refused with the problem that everybody gets, the announcement, and a time to come back', async () => {
  const server = await fullServer()
  const waits = new Set<number>()
  for (let sent = 0; sent < 40; sent += 1) {
    const answer = await server.send(seats, { method: 'POST', body: 'x'.repeat(1_000) })
    expect(answer.status).toBe(503)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(0)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('server-timing')).toMatch(/^total;dur=/)
    const problem = problemSchemas.unavailable.parse(await answer.json())
    expect(problem).toMatchObject({ instance: `urn:request:${answer.headers.get('x-request-id')}`, announcement })
    waits.add(Number(answer.headers.get('retry-after')))
  }
  expect(server.refused()).toBe(40)
  // Those who were refused together do not come back together.
  expect(waits.size).toBeGreaterThan(1)
  for (const seconds of waits) expect(seconds).toBeGreaterThan(0)
})

test('those refused together are all answered, though one of them has left', async () => {
  const server = await fullServer()
  const gone = new AbortController()
  const left = server.send(seats, { method: 'POST', body: '{}', signal: gone.signal })
  const answers = Array.from({ length: 20 }, () => server.send(seats, { method: 'POST', body: '{}' }))
  gone.abort()
  await expect(left).rejects.toThrow()
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(20).fill(503))
})

test('a crowd is answered as soon as there are 64 of it, before any time has passed', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  opened.push(() => vi.useRealTimers())
  const server = await fullServer()
  const answers = Array.from({ length: 64 }, () => server.send(seats, { method: 'POST', body: '{}' }))
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(64).fill(503))
})

test.each([
  ['an agent', seats, { method: 'POST', headers: { authorization: 'Bearer x' }, body: '{}' }],
  ['a reader', '/v1/campaigns/medics/progress', {}],
  ['who asks for the form of it', seats, { method: 'OPTIONS' }],
  ['another path', '/v1/campaigns/medics/reservations/x', { method: 'POST', body: '{}' }],
  ['a request of no length', seats, { method: 'POST', body: new Blob(['{}']).stream(), duplex: 'half' } as RequestInit],
])('%s is passed on, however full it is', async (_who, path, init) => {
  const server = await fullServer()
  expect(await (await server.send(path, init)).text()).toBe('passed on')
  expect(server.refused()).toBe(0)
})

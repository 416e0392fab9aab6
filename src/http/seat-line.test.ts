import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { createSeatLine, hasWaited } from './seat-line.ts'

const seats = '/v1/campaigns/medics/reservations'
const opened: (() => void)[] = []
afterEach(() => {
  for (const close of opened.splice(0)) close()
})

/** A server with a line before it: its answer says whether the request has waited there. */
async function serverWithLine() {
  const lineUp = createSeatLine({ turnsAway: () => false, excess: () => 0, refuse: () => {} })
  const server = createServer((request, response) =>
    lineUp(request, response, () => response.end(String(hasWaited(request)))),
  )
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  opened.push(() => server.close())
  const { port } = server.address() as AddressInfo
  return async (path: string, init: RequestInit = {}) => (await fetch(`http://127.0.0.1:${port}${path}`, init)).text()
}

test('a request for a seat waits for its turn, and is known to have waited; whatever else is asked begins at once', async () => {
  const ask = await serverWithLine()
  expect(await ask(seats, { method: 'POST', body: '{}' })).toBe('true')
  expect(await ask('/v1/campaigns/medics/progress')).toBe('false')
})

/** A line that is called without a server: who is named is noted when they are begun or refused. */
function bareLine({ places, turns }: { places: number; turns?: () => void }) {
  const seen = { begun: [] as number[], refused: [] as unknown[] }
  const state = { places }
  const lineUp = createSeatLine({
    turnsAway: (waiting) => waiting >= state.places,
    excess: (waiting) => Math.max(0, waiting - state.places),
    refuse: (response) => seen.refused.push(response),
  })
  const request = { method: 'POST', url: seats, headers: { host: 'x', 'content-length': '2' } } as never
  const ask = (name: number) =>
    lineUp(request, name as never, () => {
      seen.begun.push(name)
      turns?.()
    })
  return { seen, state, ask }
}

test('who finds no place is refused, and with them those who came last, as many as have none any more', async () => {
  const { seen, state, ask } = bareLine({ places: 10 })
  for (let n = 0; n < 10; n += 1) ask(n)
  expect(seen.refused).toEqual([])
  state.places = 4
  ask(10)
  expect(seen.refused).toEqual([10, 9, 8, 7, 6, 5, 4])
  await vi.waitFor(() => expect(seen.begun).toEqual([0, 1, 2, 3]))
})

test('who has waited for 20 ms is not refused any more', () => {
  const { seen, state, ask } = bareLine({ places: 10 })
  const now = vi.spyOn(performance, 'now')
  opened.push(() => now.mockRestore())
  for (let n = 0; n < 10; n += 1) {
    now.mockReturnValue(n < 7 ? 1_000 : 1_010)
    ask(n)
  }
  state.places = 4
  now.mockReturnValue(1_020)
  ask(10)
  expect(seen.refused).toEqual([10, 9, 8, 7])
})

test('sixteen are begun in a turn of the event loop', async () => {
  const turnOf: number[] = []
  let turn = 0
  const { seen, ask } = bareLine({ places: 100, turns: () => turnOf.push(turn) })
  for (let n = 0; n < 40; n += 1) ask(n)
  while (seen.begun.length < 40) {
    await new Promise((resolve) => setImmediate(resolve))
    turn += 1
  }
  expect([...Map.groupBy(turnOf, (one) => one).values()].map(({ length }) => length)).toEqual([16, 16, 8])
})

test('those who have waited for 25 ms are begun together, up to 128', async () => {
  const { seen, ask } = bareLine({ places: 200 })
  const now = vi.spyOn(performance, 'now')
  opened.push(() => now.mockRestore())
  for (let n = 0; n < 160; n += 1) {
    now.mockReturnValue(n < 140 ? 1_000 : 1_010)
    ask(n)
  }
  now.mockReturnValue(1_026)
  const begun = []
  while (seen.begun.length < 160) {
    await new Promise((resolve) => setImmediate(resolve))
    begun.push(seen.begun.length)
  }
  // Twelve of the last turn but one were overdue, and four have their turn with them.
  expect(begun).toEqual([128, 144, 160])
})

test('one whose handling throws keeps nobody else from their turn', async () => {
  const thrown = new Promise<unknown>((resolve) => process.once('uncaughtException', resolve))
  let begun = 0
  const { seen, ask } = bareLine({
    places: 100,
    turns: () => {
      begun += 1
      if (begun === 4) throw new Error('handler')
    },
  })
  for (let n = 0; n < 40; n += 1) ask(n)
  await thrown
  await vi.waitFor(() => expect(seen.begun).toHaveLength(40))
})

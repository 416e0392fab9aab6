import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import type { Told } from './read-ledger.ts'

/**
 * The service broken on purpose, `npm run load -- SCENARIO --break FAULT`: a scenario that has never failed proves nothing, so CI
 * runs it like this as well and wants exit code 1.
 */
export const faults = ['no-allocator', 'failing-answers', 'lost-decision'] as const
export type Fault = (typeof faults)[number]

/** One of so many requests is answered 500. */
const failingEvery = 50

/** A front that hands on what it gets, and now and then answers 500 instead. */
export async function startFailingFront(url: string): Promise<{ url: string; stop(): Promise<void> }> {
  let requests = 0
  const server = createServer((incoming, answer) => {
    requests += 1
    if (requests % failingEvery === 0) {
      incoming.resume()
      answer.writeHead(500).end()
      return
    }
    const { method, headers } = incoming
    const asked = forward(`${url}${incoming.url}`, { method, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers)
      given.pipe(answer)
    })
    asked.on('error', () => answer.destroy())
    incoming.pipe(asked)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Deletes one decision of somebody who was told 202. */
export async function loseDecision(databaseUrl: string, ledger: Pick<Told, 'id'>[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('delete from decisions where request_id = $1', [ledger[Math.floor(ledger.length / 2)]?.id])
  } finally {
    await client.end()
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from '../logger.ts'

/** A connection that broke is made again after this long. */
const reconnectMs = 500

/** A connection on which nothing is ever asked does not notice that its server is gone: it is asked this often, and given so long. */
const askEveryMs = 5_000
const answerMs = 2_000

/** Hears Postgres notifications on a channel, for as long as it is not closed. What is missed meanwhile, a sweep finds. */
export function listen({
  url,
  role,
  channel,
  heard,
  log,
  everyMs = askEveryMs,
}: {
  url: string
  role: string
  channel: string
  heard: (payload: string) => void
  log: Logger
  everyMs?: number
}) {
  let client: pg.Client | null = null
  let closed = false

  async function stayConnected() {
    while (!closed) {
      const lost = Promise.withResolvers<void>()
      client = new pg.Client({
        connectionString: url,
        application_name: 'junban-listen',
        options: `-c role=${role}`,
        keepAlive: true,
        connectionTimeoutMillis: 3_000,
        query_timeout: answerMs,
      })
      client.on('error', () => lost.resolve())
      client.on('end', () => lost.resolve())
      client.on('notification', ({ payload }) => heard(payload ?? ''))
      try {
        await client.connect()
        await client.query(`listen ${pg.escapeIdentifier(channel)}`)
        await untilSilent(client, lost.promise)
      } catch (err) {
        log.debug({ err }, 'not listening')
      }
      // Not `end`, which waits for a server that may never answer.
      client.connection.stream.destroy()
      if (!closed) await sleep(reconnectMs, undefined, { ref: false })
    }
  }
  /** Resolves when the connection is lost; throws when it does not answer any more. */
  async function untilSilent(listening: pg.Client, lost: Promise<void>) {
    const asking = new AbortController()
    void lost.then(() => asking.abort())
    while (!asking.signal.aborted) {
      await sleep(everyMs, undefined, { ref: false, signal: asking.signal }).catch(() => {})
      if (!asking.signal.aborted) await listening.query('select')
    }
  }
  const done = stayConnected()

  return {
    async close() {
      closed = true
      client?.connection.stream.destroy()
      await done
    },
  }
}

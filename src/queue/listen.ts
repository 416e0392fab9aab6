import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from '../logger.ts'

/** A connection that broke is made again after this long. */
const reconnectMs = 500

/** Hears Postgres notifications on a channel, for as long as it is not closed. What is missed meanwhile, a sweep finds. */
export function listen({
  url,
  role,
  channel,
  heard,
  log,
}: {
  url: string
  role: string
  channel: string
  heard: (payload: string) => void
  log: Logger
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
      })
      client.on('error', () => lost.resolve())
      client.on('end', () => lost.resolve())
      client.on('notification', ({ payload }) => heard(payload ?? ''))
      try {
        await client.connect()
        await client.query(`listen ${pg.escapeIdentifier(channel)}`)
        await lost.promise
      } catch (err) {
        log.debug({ err }, 'not listening')
      }
      await client.end().catch(() => {})
      if (!closed) await sleep(reconnectMs, undefined, { ref: false })
    }
  }
  const done = stayConnected()

  return {
    async close() {
      closed = true
      await client?.end().catch(() => {})
      await done
    },
  }
}

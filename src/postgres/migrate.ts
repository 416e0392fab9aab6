import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import type { Logger } from '../logger.ts'

const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))

/** Applies what is new in `migrations/`, once, however many start at the same time. Returns the names of those applied. */
export async function migrate(url: string, log: Logger, dir = migrations): Promise<string[]> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'junban-migrate',
    connectionTimeoutMillis: 5_000,
  })
  await client.connect()
  try {
    const applied = await runner({
      dbClient: client,
      dir,
      direction: 'up',
      migrationsTable: 'migrations',
      advisoryLockMode: 'wait',
      logger: { debug: () => {}, info: () => {}, warn: (text) => log.warn(text), error: (text) => log.error(text) },
    })
    return applied.map(({ name }) => name)
  } finally {
    await client.end()
  }
}

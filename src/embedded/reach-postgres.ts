import pg from 'pg'
import { UserError } from '../errors.ts'

/** Says in one line why the Postgres of DATABASE_URL cannot be used, if it cannot: a UserError. */
export async function reachPostgres(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new UserError(`The Postgres of DATABASE_URL cannot be reached: ${message || code}`, { cause })
  } finally {
    await client.end().catch(() => {})
  }
}

import { join } from 'node:path'
import pg from 'pg'
import { startPostgres } from '#src/embedded/postgres.ts'
import { clusterFolder, superuserOf } from '#src/embedded/postgres-cluster.ts'
import { createLogger } from '#src/logger.ts'
import { migrate } from '#src/postgres/migrate.ts'
import { removeTestDir } from '../setup/test-dir.ts'
import { quietPort } from './quiet-port.ts'

/** A Postgres that a test may stop, migrated and empty. */
export async function startOwnPostgres(dir: string) {
  const options = { dataDir: join(dir, 'postgres'), port: await quietPort() }
  let server = await startPostgres(options)
  const { home, url } = server
  await migrate(url, createLogger('warn', 'test'))
  return {
    url,
    /** All that it keeps, and its log. */
    home,
    cluster: clusterFolder(home),
    /** A crash. */
    kill: () => server.stop('immediate'),
    async restart() {
      await server.stop('immediate')
      server = await startPostgres(options)
    },
    /** Asks as the superuser, whom no policy hides anything from. */
    async asSuperuser<Row extends pg.QueryResultRow>(sql: string, database = 'junban'): Promise<Row[]> {
      const client = new pg.Client({ ...superuserOf(server), database })
      await client.connect()
      try {
        return (await client.query<Row>(sql)).rows
      } finally {
        await client.end()
      }
    },
    async remove() {
      await server.stop('immediate')
      removeTestDir(home)
    },
  }
}
export type OwnPostgres = Awaited<ReturnType<typeof startOwnPostgres>>

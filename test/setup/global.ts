import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startPostgres, stopPostgresIn } from '#src/embedded/postgres.ts'
import { stopRedisIn } from '#src/embedded/redis.ts'
import { createLogger } from '#src/logger.ts'
import { migrate } from '#src/postgres/migrate.ts'
import { abandonedTestDirs, makeTestDir, removeTestDir } from './test-dir.ts'
import { withDatabase } from './with-database.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Logs in as `junban`, which may create databases; to the database `junban`, which is left empty. */
    postgresUrl: string
    /** A migrated, empty database to copy. Nothing may be connected to it. */
    templateDatabase: string
  }
}

const TEMPLATE = 'junban_template'

/** One real Postgres for all test files, with a migrated template database. */
export default async function setup(project: TestProject) {
  await cleanUpAfterKilledRuns()
  const dir = makeTestDir()
  const postgres = await startPostgres({ dataDir: join(dir, 'postgres') })
  const stop = async () => {
    await postgres.stop('immediate')
    removeTestDir(postgres.home)
    removeTestDir(dir)
  }
  try {
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    await client.query(`create database ${TEMPLATE}`)
    await client.end()
    await migrate(withDatabase(postgres.url, TEMPLATE), createLogger('warn', 'test'))
  } catch (err) {
    await stop()
    throw err
  }
  project.provide('postgresUrl', postgres.url)
  project.provide('templateDatabase', TEMPLATE)
  return stop
}

/** Stores outlive a test run that was killed: they are in process groups of their own. */
async function cleanUpAfterKilledRuns(): Promise<void> {
  for (const dir of abandonedTestDirs()) {
    for (const folder of [dir, join(dir, 'data')]) {
      await stopPostgresIn(join(folder, 'postgres'))
      await stopRedisIn(join(folder, 'redis'))
    }
    removeTestDir(dir)
  }
}

import { join } from 'node:path'
import pg from 'pg'
import { startPostgres } from '#src/embedded/postgres.ts'
import { superuserOf } from '#src/embedded/postgres-cluster.ts'
import { signalProcess } from '#src/embedded/process.ts'
import { createLogger } from '#src/logger.ts'
import { migrate } from '#src/postgres/migrate.ts'
import { descendants } from '../setup/descendants.ts'
import { removeTestDir } from '../setup/test-dir.ts'
import { unmountDisk } from './full-disk.ts'
import type { Outages } from './outages.ts'

/** Postgres, to be killed, frozen and stopped. */
export async function startPostgresServer(folder: string, outages: Outages) {
  const dataDir = join(folder, 'postgres')
  let server = await startPostgres({ dataDir })
  const { port, url, home } = server

  return {
    port,
    url,
    home,
    migrate: () => migrate(url, createLogger('warn', 'faults')),
    /** The server with all of its backends. */
    signalAll(signal: NodeJS.Signals) {
      for (const pid of descendants(server.pid)) signalProcess(pid, signal)
    },
    /** `immediate`: as after a power cut, what was flushed is there. */
    async stop(mode: 'fast' | 'immediate') {
      outages.begin('postgres')
      await server.stop(mode)
    },
    /** SIGKILL to all of it at once. */
    async kill() {
      outages.begin('postgres')
      for (const pid of descendants(server.pid)) signalProcess(pid, 'SIGKILL')
      await server.exited
    },
    async start() {
      server = await startPostgres({ dataDir, port })
      outages.end('postgres')
    },
    /** Waits until it takes connections again by itself, as after the end of a backend. */
    async untilBack() {
      for (let end = performance.now() + 30_000; performance.now() < end; ) {
        const isBack = await connectAsSuperuser().then(
          (client) => client.end().then(() => true),
          () => false,
        )
        if (isBack) return
      }
      throw new Error('postgres did not come back within 30 s')
    },
    /** The superuser's connection, past every proxy. */
    connect: connectAsSuperuser,
    async end() {
      for (const pid of descendants(server.pid)) signalProcess(pid, 'SIGCONT')
      await server.stop('immediate')
      unmountDisk(home)
      removeTestDir(home)
    },
  }

  async function connectAsSuperuser(database = 'junban'): Promise<pg.Client> {
    const client = new pg.Client({ ...superuserOf(server), database, connectionTimeoutMillis: 2_000 })
    client.on('error', () => {})
    await client.connect()
    return client
  }
}
export type PostgresServer = Awaited<ReturnType<typeof startPostgresServer>>

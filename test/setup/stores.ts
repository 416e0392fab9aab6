import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, inject, onTestFinished, vi } from 'vitest'
import { startRedis } from '#src/embedded/redis.ts'
import { makeTestDir, removeTestDir } from './test-dir.ts'
import { withDatabase } from './with-database.ts'

export type FreshDatabase = { url: string; drop(): Promise<void> }

export type FreshRedis = {
  url: string
  port: number
  dir: string
  readonly pid: number
  /** SIGTERM, or another signal; waits until it is gone. What it acknowledged stays in `dir`. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  /** Starts it again, on the same port, with what is in `dir`. Kills it first if it runs. */
  restart(): Promise<void>
  /** Ends it and removes its folder. */
  remove(): Promise<void>
}

/** A migrated, empty database of its own, owned by `junban`. Dropped when the test, or else the file, has finished. */
export const freshDatabase = () => makeDatabase(`template ${inject('templateDatabase')}`)

/** As that, but nothing was migrated. */
export const emptyDatabase = () => makeDatabase()

async function makeDatabase(template = ''): Promise<FreshDatabase> {
  const name = `junban_${randomBytes(6).toString('hex')}`
  await onServer(`create database ${name} ${template}`)
  const drop = once(() => dropDatabase(name))
  cleanUp(drop)
  return { url: withDatabase(inject('postgresUrl'), name), drop }
}

/** A Redis of its own, with the settings of the real one, in a new folder. Removed when the test, or else the file, has finished. */
export async function freshRedis(options: { extraArgs?: string[]; binary?: string } = {}): Promise<FreshRedis> {
  const dir = makeTestDir()
  const start = (port?: number) => startRedis({ ...options, dataDir: join(dir, 'redis'), ...(port && { port }) })
  let server = await start()
  const stop = (signal?: NodeJS.Signals) => server.stop(signal)
  const remove = once(async () => {
    await stop('SIGKILL')
    removeTestDir(dir)
  })
  cleanUp(remove)
  const { url, port } = server
  return {
    url,
    port,
    dir: join(dir, 'redis'),
    get pid() {
      return server.pid
    },
    stop,
    kill: () => stop('SIGKILL'),
    async restart() {
      await stop('SIGKILL')
      server = await start(port)
    },
    remove,
  }
}

/** An autovacuum that looks at it just then can be ended by the superuser only: it leaves by itself, within this time. */
const vacuumLeavesMs = 20_000

async function dropDatabase(name: string): Promise<void> {
  await vi.waitFor(() => onServer(`drop database if exists ${name} with (force)`), {
    timeout: vacuumLeavesMs,
    interval: 200,
  })
}

const open = new Set<() => Promise<void>>()
afterAll(async () => {
  await Promise.all([...open].map((close) => close()))
})

/** Made inside a test: gone with it. Made in a hook: gone with its file. */
function cleanUp(close: () => Promise<void>): void {
  open.add(close)
  try {
    onTestFinished(close)
  } catch {
    // Not inside a test.
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  const run = () => {
    open.delete(run)
    done ??= work()
    return done
  }
  return run
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl'), connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

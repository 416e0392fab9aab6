import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { tryPort } from '#src/embedded/free-port.ts'
import type { generateKeys } from '#src/embedded/keys.ts'
import { lastLines } from '#src/embedded/log-file.ts'
import { startRedis } from '#src/embedded/redis.ts'
import { processLog, type StartedProcess, startProcess } from '#src/embedded/start-process.ts'
import { waitUntilReady } from '#src/embedded/wait-until-ready.ts'
import { removeDir } from './bench-dir.ts'
import type { Databases, Kind } from './databases.ts'
import type { Load, LoadResult, Pace } from './load/load.ts'
import type { Asked } from './load/requests.ts'
import type { Worker } from './orders.ts'
import type { Scope } from './scope.ts'
import type { Sizes } from './sizes.ts'

export type Stage = Awaited<ReturnType<typeof setStage>>

type StageOptions = {
  dir: string
  databases: Databases
  kind: Kind
  /** Whether it gets a Redis: fresh, every write on disk before its answer. */
  redis: boolean
  generator: Worker<Load, LoadResult>
  sizes: Sizes
  keys: ReturnType<typeof generateKeys>
  scope: Scope
}

let made = 0

/** What one contender is measured on: fresh stores, the generator, and its processes. All of it goes with the scope. */
export async function setStage({ dir, databases, kind, redis, generator, sizes, keys, scope }: StageOptions) {
  const place = ++made
  const folder = join(dir, `contender-${place}`)
  const redisDir = join(dir, `redis-${place}`)
  const databaseUrl = await databases.fresh(kind, scope)
  const redisServer = redis
    ? await scope.keep(
        () => startRedis({ dataDir: redisDir }),
        async (server) => {
          await server.stop('SIGKILL')
          removeDir(redisDir)
        },
      )
    : null
  const redisUrl = redisServer?.url ?? null
  const port = await tryPort(0)
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...keys,
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl ?? '',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: folder,
    LOG_LEVEL: 'warn',
  }
  /** People who have been asked for. */
  let people = 0
  let refused = 0

  async function start(name: string, script: string): Promise<StartedProcess> {
    mkdirSync(folder, { recursive: true })
    return scope.keep(
      () => startProcess({ name, script, folder }, env),
      (started) => started.stop(),
    )
  }

  async function startServing(name: string, script: string): Promise<StartedProcess> {
    const started = await start(name, script)
    let ended = false
    void started.exited.then(() => {
      ended = true
    })
    await waitUntilReady(`http://127.0.0.1:${port}`, () => {
      if (ended) throw new Error(`${script} ended:\n${lastLines(processLog({ name, script, folder }))}`)
    })
    return started
  }

  async function load(asked: Asked, pace: Pace): Promise<LoadResult> {
    const result = await generator.ask({ port, asked, pace })
    refused += Object.values(result.refused).reduce((sum, count) => sum + count, 0)
    if (Object.keys(result.refused).length > 0)
      process.stderr.write(`  not accepted, by status: ${JSON.stringify(result.refused)}\n`)
    return result
  }

  return {
    scope,
    databaseUrl,
    redisUrl,
    port,
    /** What its processes are given. */
    env,
    sizes,
    /** Starts a process of the contender. */
    start,
    /** Starts the one that answers, and waits until it does. */
    startServing,
    /** Asks for bookings, each for another person. */
    async book(path: string, pace: Pace): Promise<LoadResult> {
      const result = await load({ kind: 'book', path, first: people }, pace)
      people += result.sent
      return result
    },
    get: (path: string, pace: Pace) => load({ kind: 'get', path }, pace),
    storePids: [databases.pid, ...(redisServer ? [redisServer.pid] : [])],
    /** How many people have been asked for. */
    people: () => people,
    /** How many answers were no acceptance. */
    refused: () => refused,
  }
}

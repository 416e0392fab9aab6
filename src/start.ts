import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import packageJson from '../package.json' with { type: 'json' }
import { loadKeys, loadStartConfig } from './config.ts'
import { claimDataDir } from './embedded/claim-data-dir.ts'
import { keepRunning } from './embedded/keep-running.ts'
import { ensureKeyFile, keyNames } from './embedded/keys.ts'
import { checkPort, localUrl } from './embedded/listening-address.ts'
import { lastLines, openLogStream } from './embedded/log-file.ts'
import { type EmbeddedPostgres, startPostgres } from './embedded/postgres.ts'
import { createProgress } from './embedded/progress.ts'
import { reachPostgres } from './embedded/reach-postgres.ts'
import { type EmbeddedRedis, findRedisServer, startRedis } from './embedded/redis.ts'
import { removeRunning, writeRunning } from './embedded/running.ts'
import { sayHow } from './embedded/say-how.ts'
import { outlast, type ProcessFile, processLog, startProcess } from './embedded/start-process.ts'
import { waitUntilReady } from './embedded/wait-until-ready.ts'
import { UserError } from './errors.ts'
import { createLogger } from './logger.ts'
import { seedDemo } from './operations/seed-demo.ts'
import { migrate } from './postgres/migrate.ts'

const { line, skip, step: show } = createProgress(process.stdout)
/** What has to be undone, in the order of its doing. */
const undo: (() => unknown)[] = []
let stopping = false

/** A step of the start. None begins once we were told to stop. */
const step: typeof show = (name, work) => {
  if (stopping) throw new Stopped()
  return show(name, work)
}
class Stopped extends Error {}

const starting = start()
starting.catch((err: unknown) => {
  if (!(err instanceof Stopped)) void stop(err)
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop())
process.on('uncaughtException', (err) => void stop(err))
// A terminal or a pipe that went away must not keep us from stopping in order.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

async function start(): Promise<void> {
  const config = loadStartConfig()
  const { dataDir, host } = config
  const tell = (text: string) => line(`  ${new Date().toTimeString().slice(0, 8)} ${text}`)
  makeDataDir(dataDir)
  undo.push(claimDataDir(dataDir))
  removeRunning(dataDir)
  const files: ProcessFile[] = [
    { name: 'api', script: 'src/api.ts', folder: join(dataDir, 'logs') },
    { name: 'allocator', script: 'workers/allocator.ts', folder: join(dataDir, 'logs') },
    { name: 'notifier', script: 'workers/notifier.ts', folder: join(dataDir, 'logs') },
    { name: 'janitor', script: 'workers/janitor.ts', folder: join(dataDir, 'logs') },
  ]
  for (const file of files) await outlast(file)
  const port = await checkPort(config.port, host)
  const log = createLogger(config.logLevel, 'start', openLogStream(join(dataDir, 'logs', 'start.log')))

  line(`Junban ${packageJson.version}`)
  line()
  const keys = await step('keys', (note) => {
    const given = keyNames.every((name) => process.env[name])
    note(given ? 'from the environment' : `${ensureKeyFile(dataDir) ? 'made, ' : ''}in ${join(dataDir, 'keys.env')}`)
    return loadKeys({ ...process.env, DATA_DIR: dataDir })
  })

  const databaseUrl = await step('Postgres', async (note) => {
    if (config.databaseUrl) {
      await reachPostgres(config.databaseUrl)
      note('the one of DATABASE_URL')
      return config.databaseUrl
    }
    const postgres = await keepRunning<EmbeddedPostgres>(
      'Postgres',
      (first) => startPostgres({ dataDir: join(dataDir, 'postgres'), log, ...(first && { port: first.port }) }),
      tell,
    )
    undo.push(postgres.stop)
    const { port, home, url } = postgres.first
    note(`on 127.0.0.1:${port}${home.startsWith(dataDir) ? '' : `, its files in ${home}`}`)
    return url
  })

  const binary = config.redisUrl ? null : findRedisServer()
  const redisUrl = binary
    ? await step('Redis', async (note) => {
        const redis = await keepRunning<EmbeddedRedis>(
          'Redis',
          (first) => startRedis({ dataDir: join(dataDir, 'redis'), binary, ...(first && { port: first.port }) }),
          tell,
        )
        undo.push(redis.stop)
        note(`on 127.0.0.1:${redis.first.port} (${binary})`)
        return redis.first.url
      })
    : config.redisUrl
  if (!binary)
    skip(
      'Redis',
      redisUrl ? 'the one of REDIS_URL' : 'no redis-server or valkey-server on the path: the log in Postgres alone',
    )

  await step('migrations', async (note) => {
    const applied = await migrate(databaseUrl, log)
    note(applied.length ? `applied ${applied.join(', ')}` : 'none new')
  })
  const demo = await step('demo', async (note) => {
    const made = await seedDemo({ databaseUrl, keys, log })
    note(made ? 'campaign and admin key made' : 'there are campaigns already')
    return made
  })

  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HOST: host,
    PORT: String(port),
    DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    // Empty is the same as not set.
    REDIS_URL: redisUrl ?? '',
  }
  const processes = await Promise.all(
    files.map(async (file) => ({ file, kept: await keepRunning(file.name, () => startProcess(file, env), tell) })),
  )
  undo.push(() => Promise.all(processes.map(({ kept }) => kept.stop())))

  const apiUrl = localUrl(host, port)
  await step('processes', async (note) => {
    await waitUntilReady(apiUrl, () => {
      if (stopping) throw new Stopped()
      const ended = processes.find(({ kept }) => kept.ends > 0)
      if (ended) throw new UserError(`${ended.file.script} ended:\n${lastLines(processLog(ended.file))}`)
    })
    note(processes.map(({ file, kept }) => `${file.name} ${kept.first.pid}`).join(', '))
  })
  undo.push(() => removeRunning(dataDir))
  writeRunning(dataDir, { pid: process.pid, databaseUrl, redisUrl, apiUrl })
  await sayHow({ apiUrl, dataDir, adminKey: demo?.adminKey, line })
}

/** Undoes what was done, last first: our processes, then Redis, then Postgres. Once, however often we are told. */
async function stop(failure?: unknown): Promise<void> {
  if (stopping) return
  stopping = true
  if (failure === undefined) line('\nStopping …')
  // The step under way has to end before it can be undone.
  await starting.catch(() => {})
  let clean = true
  for (const work of undo.reverse()) {
    try {
      await work()
    } catch (err) {
      clean = false
      console.error(err)
    }
  }
  if (failure instanceof UserError) console.error(failure.message)
  else if (failure !== undefined) console.error(failure)
  else line('Stopped.')
  process.exit(failure === undefined && clean ? 0 : 1)
}

/** Not for everybody to list, but Postgres's own user has to pass through it. */
function makeDataDir(dataDir: string): void {
  if (existsSync(dataDir)) return
  mkdirSync(dataDir, { recursive: true })
  chmodSync(dataDir, 0o711)
}

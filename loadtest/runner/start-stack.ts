import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { loadKeys } from '#src/config.ts'
import { tryPort } from '#src/embedded/free-port.ts'
import { generateKeys } from '#src/embedded/keys.ts'
import { lastLines } from '#src/embedded/log-file.ts'
import { startPostgres } from '#src/embedded/postgres.ts'
import { findRedisServer, startRedis } from '#src/embedded/redis.ts'
import { type ProcessFile, processLog, startProcess } from '#src/embedded/start-process.ts'
import { waitUntilReady } from '#src/embedded/wait-until-ready.ts'
import { UserError } from '#src/errors.ts'
import { createLogger } from '#src/logger.ts'
import { migrate } from '#src/postgres/migrate.ts'
import { createPool, type Pool } from '#src/postgres/pool.ts'
import type { Scope } from '../../bench/scope.ts'
import { addCampaign } from './add-campaign.ts'
import { removeFolder } from './work-folder.ts'

/** A register of many people is applied by one statement. */
const statementTimeoutMs = 120_000

/** `env`: that of its processes, with stores and keys. */
export type Stack = { url: string; env: NodeJS.ProcessEnv; pool: Pool }

/**
 * Postgres, Redis where there is one, a campaign with the people of the seed in its register, an API and an allocator: real
 * processes on free ports of 127.0.0.1, all of which end with the scope. What they keep is in `folder`; their logs are copied to `logs`.
 */
export async function startStack({
  scope,
  folder,
  logs,
  campaign,
  withAllocator,
}: {
  scope: Scope
  folder: string
  logs: string
  campaign: { id: string; people: number; seed: number; first: number }
  withAllocator: boolean
}): Promise<Stack> {
  const postgres = await scope.keep(
    () => startPostgres({ dataDir: join(folder, 'postgres') }),
    async ({ stop, home }) => {
      await stop()
      removeFolder(home)
    },
  )
  const redis = findRedisServer()
    ? await scope.keep(
        () => startRedis({ dataDir: join(folder, 'redis') }),
        ({ stop }) => stop(),
      )
    : null
  const log = createLogger('warn', 'load')
  await migrate(postgres.url, log)
  const pool = await scope.keep(
    async () => createPool({ url: postgres.url, role: 'junban_operator', name: 'operator', log, statementTimeoutMs }),
    (pool) => pool.end(),
  )
  const port = await tryPort(0)
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: folder,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis?.url ?? '',
    ...generateKeys(),
  }
  await addCampaign({ pool, keys: loadKeys(env), folder, ...campaign })

  const start = (name: string, script: string) => {
    const file: ProcessFile = { name, script, folder: join(folder, 'logs') }
    return scope.keep(
      async () => ({ file, ...(await startProcess(file, env)) }),
      async ({ stop }) => {
        await stop()
        cpSync(file.folder, logs, { recursive: true })
      },
    )
  }
  const api = await start('api', 'src/api.ts')
  if (withAllocator) await start('allocator', 'workers/allocator.ts')
  const ended = { yet: false }
  void api.exited.then(() => {
    ended.yet = true
  })
  const url = `http://127.0.0.1:${port}`
  await waitUntilReady(url, () => {
    if (ended.yet) throw new UserError(`the API ended:\n${lastLines(processLog(api.file))}`)
  })
  return { url, env, pool }
}

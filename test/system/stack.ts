import { join } from 'node:path'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import type { Key } from '#src/config.ts'
import { createPool } from '#src/postgres/pool.ts'
import { testKeys, testLog } from '../setup/operator-database.ts'
import { type FreshRedis, freshDatabase, freshRedis } from '../setup/stores.ts'
import { makeTestDir, removeTestDir } from '../setup/test-dir.ts'
import { addCampaign, type CampaignOptions } from './add-campaign.ts'
import { type OwnPostgres, startOwnPostgres } from './own-postgres.ts'
import { quietPort } from './quiet-port.ts'
import { send } from './send.ts'
import { type Spawned, spawnProcess } from './spawned.ts'
import { until } from './until.ts'

export type Api = Spawned & { url: string }

export type StackOptions = {
  apis?: number
  allocators?: number
  redis?: boolean
  /** A Postgres of its own, which the test may stop. Otherwise a database of its own on the one for all tests. */
  ownPostgres?: boolean
  logLevel?: string
  /** More for every process's environment. */
  env?: NodeJS.ProcessEnv
}

const ring = ({ id, secret }: Key) => `${id}:${secret.toString('base64url')}`

/** Real processes on real stores of their own. All is killed, by process id, and removed when the test has finished. */
export async function startStack({
  apis = 1,
  allocators = 1,
  redis: withRedis = true,
  ownPostgres = false,
  logLevel = 'info',
  env: more = {},
}: StackOptions = {}) {
  const dir = makeTestDir()
  onTestFinished(() => removeTestDir(dir))
  const redis = withRedis ? await freshRedis() : null
  const postgres = ownPostgres ? await startOwnPostgres(dir) : null
  if (postgres) onTestFinished(() => postgres.remove())
  const databaseUrl = postgres?.url ?? (await freshDatabase()).url

  const pool = createPool({ url: databaseUrl, role: 'junban_operator', name: 'test', log: testLog })
  onTestFinished(() => pool.end())
  const logs = join(dir, 'logs')
  const processes: Spawned[] = []
  onTestFinished(async () => {
    await Promise.all(processes.map((one) => one.kill()))
  })

  async function startProcess(name: string, script: string, own: NodeJS.ProcessEnv = {}): Promise<Spawned> {
    const env: NodeJS.ProcessEnv = {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      ...(redis && { REDIS_URL: redis.url }),
      DATA_DIR: join(dir, 'data'),
      LOG_LEVEL: logLevel,
      JUNBAN_RECEIPT_KEYS: ring(testKeys.receipt[0]!),
      JUNBAN_MASTER_KEYS: ring(testKeys.master[0]!),
      JUNBAN_VOUCHER_KEY: ring(testKeys.voucher),
      ...more,
      ...own,
    }
    const spawned = await spawnProcess({ name, script, folder: logs }, env)
    processes.push(spawned)
    return spawned
  }

  async function startApi(n: number, tree = '.'): Promise<Api> {
    const port = await quietPort()
    const spawned = await startProcess(`api-${n}`, `${tree}/src/api.ts`, { PORT: String(port) })
    return Object.assign(spawned, { url: `http://127.0.0.1:${port}` })
  }

  const stack = {
    dir,
    logs,
    databaseUrl,
    redis,
    postgres,
    pool,
    apis: [] as Api[],
    allocators: [] as Spawned[],
    /** The stored truth, as the operator's role reads it. */
    read: async (sql: string, values: unknown[] = []) => (await pool.query(sql, values)).rows,
    /** Changes the database as its owner. */
    async asOwner(sql: string): Promise<void> {
      const client = new pg.Client({ connectionString: databaseUrl })
      await client.connect()
      await client.query(sql).finally(() => client.end())
    },
    /** `tree`: where its source is, from the top of the repository. Resolves when it can accept. */
    async addApi(tree?: string): Promise<Api> {
      const api = await startApi(stack.apis.length + 1, tree)
      stack.apis.push(api)
      await untilReady(api)
      return api
    },
    async addAllocator(tree = '.'): Promise<Spawned> {
      const allocator = await startProcess(`allocator-${stack.allocators.length + 1}`, `${tree}/workers/allocator.ts`)
      stack.allocators.push(allocator)
      return allocator
    },
    /** Makes a campaign and waits until every API offers all of its slots. */
    addCampaign: (options: CampaignOptions) => addCampaign({ ...stack, voucherKey: testKeys.voucher }, options),
  }
  stack.apis = await Promise.all(Array.from({ length: apis }, (_, n) => startApi(n + 1)))
  for (let n = 0; n < allocators; n += 1) await stack.addAllocator()
  await Promise.all(stack.apis.map(untilReady))
  return stack
}
export type Stack = Awaited<ReturnType<typeof startStack>>
/** What of a stack is there for sure. */
export const redisOf = ({ redis }: { redis: FreshRedis | null }): FreshRedis => redis ?? absent('redis')
export const postgresOf = ({ postgres }: { postgres: OwnPostgres | null }): OwnPostgres =>
  postgres ?? absent('postgres of its own')

function absent(what: string): never {
  throw new Error(`bug: this stack has no ${what}`)
}

/** Waits until an API can accept. */
export async function untilReady({ url }: { url: string }): Promise<void> {
  await until(`${url} is ready`, async () => {
    const reply = await send(`${url}/readyz`).catch(() => null)
    return reply?.status === 200
  })
}

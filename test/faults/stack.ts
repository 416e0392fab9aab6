import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadKeys } from '#src/config.ts'
import { generateKeys } from '#src/embedded/keys.ts'
import { statusOf } from '#src/embedded/wait-until-ready.ts'
import { createLogger } from '#src/logger.ts'
import { addOperator } from '#src/operations/add-operator.ts'
import { createPool } from '#src/postgres/pool.ts'
import type { Scope } from '../../bench/scope.ts'
import { quietPort } from '../system/quiet-port.ts'
import { until } from '../system/until.ts'
import { mountSmallDisk } from './full-disk.ts'
import { createOutages, link } from './outages.ts'
import { startPostgresServer } from './postgres-server.ts'
import { type Conduct, startProxy } from './proxy.ts'
import { startRedisServer } from './redis-server.ts'
import { type Supervised, supervise } from './supervised.ts'

/** A process is as fast again as it was within this time, or something is wrong. */
const readyMs = 30_000

/** Two APIs, two allocators, Redis and Postgres: real processes, and a proxy on every way between any two. */
export async function startStack(scope: Scope, folder: string) {
  const outages = createOutages()
  const [postgres, redis] = await Promise.all([
    scope.keep(
      () => startPostgresServer(folder, outages),
      (server) => server.end(),
    ),
    scope.keep(
      () => startRedisServer(folder, outages),
      (server) => server.end(),
    ),
  ])
  const disk = await mountSmallDisk(postgres)
  await postgres.migrate()
  const log = createLogger('warn', 'faults')
  const pool = await scope.keep(
    async () =>
      createPool({ url: postgres.url, role: 'junban_operator', name: 'operator', log, statementTimeoutMs: 60_000 }),
    (pool) => pool.end(),
  )
  const secrets = generateKeys()
  const agentKey = await addOperator({ pool, name: 'harness', role: 'agent', by: 'fault harness' })

  async function openWay(from: string, to: string, port: number) {
    const proxy = await scope.keep(
      () => startProxy(port),
      (proxy) => proxy.close(),
    )
    return {
      name: link(from, to),
      proxy,
      disturb(conduct: Conduct) {
        outages.begin(link(from, to))
        proxy.disturb(conduct)
      },
      lift() {
        proxy.lift()
        outages.end(link(from, to))
      },
    }
  }

  async function startMember(name: string, script: string, own: NodeJS.ProcessEnv = {}) {
    const toPostgres = await openWay(name, 'postgres', postgres.port)
    const toRedis = await openWay(name, 'redis', redis.port)
    const clock = join(folder, `${name}.clock`)
    const env: NodeJS.ProcessEnv = {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      LOG_LEVEL: 'info',
      DATA_DIR: folder,
      DATABASE_URL: onPort(postgres.url, toPostgres.proxy),
      REDIS_URL: `redis://127.0.0.1:${toRedis.proxy.port}/0`,
      REFUSALS_PER_MINUTE: '1000000',
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'step-clock.ts')}`,
      CLOCK_FILE: clock,
      ...secrets,
      ...own,
    }
    const running = await scope.keep(
      () => supervise({ name, script, folder: join(folder, 'logs') }, env),
      (one) => one.stop(),
    )
    return {
      name,
      process: running,
      toPostgres,
      toRedis,
      async kill() {
        outages.begin(name)
        await running.kill()
      },
      freeze() {
        outages.begin(name)
        running.signal('SIGSTOP')
      },
      thaw() {
        running.signal('SIGCONT')
        outages.end(name)
      },
      /** Its wall clock is wrong by so much from now on. */
      stepClock(offsetMs: number) {
        writeFileSync(clock, String(offsetMs))
        running.signal('SIGWINCH')
      },
    }
  }

  async function startApi(name: string) {
    const port = await quietPort()
    const member = await startMember(name, 'src/api.ts', { PORT: String(port) })
    const toClients = await openWay('clients', name, port)
    const url = `http://127.0.0.1:${port}`
    const untilReady = () => until(`${name} is ready`, async () => (await statusOf(`${url}/readyz`)) === 200, readyMs)
    return {
      ...member,
      /** Past the proxy. */
      url,
      frontUrl: `http://127.0.0.1:${toClients.proxy.port}`,
      toClients,
      untilReady,
      /** Starts it again. Not waited for: what it needs may be away. */
      async start() {
        await member.process.start()
        void untilReady().then(
          () => outages.end(name),
          () => {},
        )
      },
    }
  }
  async function startAllocator(name: string) {
    const member = await startMember(name, 'workers/allocator.ts')
    return {
      ...member,
      async start() {
        await member.process.start()
        outages.end(name)
      },
    }
  }

  const apis = [await startApi('api-1'), await startApi('api-2')]
  const allocators = [await startAllocator('allocator-1'), await startAllocator('allocator-2')]
  await Promise.all(apis.map(({ untilReady }) => untilReady()))
  return { folder, outages, postgres, redis, disk, pool, agentKey, keys: loadKeys(secrets), apis, allocators }
}
export type Stack = Awaited<ReturnType<typeof startStack>>
export type Api = Stack['apis'][number]
export type Allocator = Stack['allocators'][number]
export type Way = Api['toRedis']
export const processesOf = ({ apis, allocators }: Stack): { name: string; process: Supervised }[] => [
  ...apis,
  ...allocators,
]

function onPort(url: string, { port }: { port: number }): string {
  const other = new URL(url)
  other.port = String(port)
  return other.href
}

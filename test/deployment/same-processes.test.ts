import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { startPostgres } from '#src/embedded/postgres.ts'
import { superuserOf } from '#src/embedded/postgres-cluster.ts'
import { isAlive } from '#src/embedded/process.ts'
import { findRedisServer } from '#src/embedded/redis.ts'
import { createPool } from '#src/postgres/pool.ts'
import { httpSink } from '../setup/http-sink.ts'
import { testKeys, testLog } from '../setup/operator-database.ts'
import { smtpSink } from '../setup/smtp-sink.ts'
import { makeTestDir, removeTestDir } from '../setup/test-dir.ts'
import { addCampaign } from '../system/add-campaign.ts'
import { bodyOf, bookAccepted } from '../system/book.ts'
import { untilOneDecided } from '../system/decided.ts'
import { quietPort } from '../system/quiet-port.ts'
import { send } from '../system/send.ts'
import { type Spawned, spawnProcess } from '../system/spawned.ts'
import { until } from '../system/until.ts'
import { inStartOrder, makeSecrets, readCompose, readTop, type Service, top } from './read-compose.ts'

const ring = ({ id, secret }: { id: string; secret: Buffer }) => `${id}:${secret.toString('base64url')}`
const nginxBinary = (process.env.PATH ?? '')
  .split(delimiter)
  .concat('/usr/sbin')
  .map((folder) => join(folder, 'nginx'))
  .find((file) => spawnSync(file, ['-v']).status === 0)

/**
 * What `docker compose up` would start, as processes of this machine: the same commands in the same order with the same variables, on
 * stores with the same settings and the same logins. Only names of hosts become ports of this machine.
 */
test('what docker-compose.yml starts, in its order, takes a booking, decides it and tells the person', async () => {
  const [smtp, hook] = [await smtpSink(), await httpSink()]
  const env = {
    ...makeSecrets(),
    JUNBAN_RECEIPT_KEYS: ring(testKeys.receipt[0]!),
    JUNBAN_MASTER_KEYS: ring(testKeys.master[0]!),
    JUNBAN_VOUCHER_KEY: ring(testKeys.voucher),
    SMTP_URL: smtp.url,
    MAIL_FROM: 'Junban <junban@example.org>',
    WEBHOOK_URL: hook.url,
    WEBHOOK_SECRET: 'a-secret-of-thirty-two-characters!',
  }
  const { services } = readCompose(env)
  const dir = makeTestDir()
  onTestFinished(() => removeTestDir(dir))
  const logs = join(dir, 'logs')
  const ports: Record<string, number> = {}
  const processes: { name: string; process: Spawned }[] = []
  const apis: { name: string; url: string }[] = []
  onTestFinished(async () => {
    await Promise.all(processes.map(({ process }) => process.kill()))
  })

  const local = (value: string) =>
    value
      .replace('@postgres:5432/', `@127.0.0.1:${ports.postgres}/`)
      .replace('@redis:6379/', `@127.0.0.1:${ports.redis}/`)
  const environmentOf = (service: Service, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: process.env.PATH,
    ...Object.fromEntries(Object.entries(service.environment ?? {}).map(([name, value]) => [name, local(value)])),
    ...more,
  })
  const runJob = (service: Service, args: string[], environment = environmentOf(service)) =>
    spawnSync(process.execPath, args, { cwd: top, env: environment, encoding: 'utf8', timeout: 60_000 })

  const starters: Record<string, (name: string, service: Service) => Promise<unknown>> = {
    async postgres(_, service) {
      const server = await startPostgres({ dataDir: join(dir, 'postgres') })
      onTestFinished(async () => {
        await server.stop('immediate')
        removeTestDir(server.home)
      })
      ports.postgres = server.port
      const client = new pg.Client({ ...superuserOf(server), database: 'junban' })
      await client.connect()
      await client.query(asPsqlDoes(readTop('deploy/postgres/logins.sql'), service.environment!))
      await client.end()
    },
    async redis(_, service) {
      ports.redis = await quietPort()
      const [program, ...args] = service.command!
      expect(program).toBe('redis-server')
      mkdirSync(join(dir, 'redis'))
      const own = ['--port', String(ports.redis), '--dir', join(dir, 'redis'), '--bind', '127.0.0.1']
      keep(spawn(findRedisServer()!, [...args, ...own], { stdio: 'ignore' }))
      const client = new Redis({
        port: ports.redis,
        password: service.environment!.REDISCLI_AUTH!,
        lazyConnect: true,
        retryStrategy: () => 50,
      })
      client.on('error', () => {})
      onTestFinished(() => client.disconnect())
      expect(await client.ping()).toBe('PONG')
    },
    async migrate(_, service) {
      expect(service.command).toEqual(['src/cli.ts', 'migrate'])
      const { status, stderr } = runJob(service, service.command!)
      expect(stderr).toBe('')
      expect(status).toBe(0)
    },
    async nginx() {
      if (!nginxBinary) return
      ports.nginx = await quietPort()
      keep(
        await startNginx(
          dir,
          ports.nginx,
          apis.map(({ url }) => url),
        ),
      )
      await until(
        'nginx answers',
        async () => (await send(`http://127.0.0.1:${ports.nginx}/livez`).catch(() => null))?.status === 200,
      )
    },
  }

  async function startOurs(name: string, service: Service) {
    // After what Node is told, which whoever starts a process here tells it too.
    const script = service.command!.at(-1)!
    const isApi = script === 'src/api.ts'
    for (let n = 1; n <= (service.deploy?.replicas ?? 1); n += 1) {
      const port = isApi ? await quietPort() : 0
      // Of the notifier: its gateways are on this machine here.
      const more = isApi ? { PORT: String(port) } : name === 'notifier' ? { NOTIFY_LOOPBACK: 'yes' } : {}
      const file = { name: `${name}.${n}`, script, folder: logs }
      // In a container of its own each has a /tmp of its own.
      const ownTmp = isApi ? {} : { HEARTBEAT_FILE: join(dir, `${file.name}.alive`) }
      const environment = environmentOf(service, { ...more, ...ownTmp })
      processes.push({ name: file.name, process: await spawnProcess(file, environment) })
      if (isApi) apis.push({ name, url: `http://127.0.0.1:${port}` })
      const [kind, program, ...args] = service.healthcheck!.test
      expect([kind, program]).toEqual(['CMD', 'node'])
      await until(`${name} is healthy`, () => runJob(service, args, environment).status === 0)
    }
  }

  for (const name of inStartOrder(services)) {
    const service = services[name]!
    if (service.profiles) continue
    await (starters[name] ?? startOurs)(name, service)
  }
  expect(processes.map(({ name }) => name)).toEqual([
    'api-1.1',
    'api-2.1',
    'allocator.1',
    'allocator.2',
    'notifier.1',
    'janitor.1',
  ])

  const operatorUrl = environmentOf(services.cli!).DATABASE_URL!
  const pool = createPool({ url: operatorUrl, role: 'junban_operator', name: 'test', log: testLog })
  onTestFinished(() => pool.end())
  await addCampaign({ dir, pool, apis, voucherKey: testKeys.voucher }, { id: 'composed', slots: { only: 1 } })
  const front = ports.nginx ? { url: `http://127.0.0.1:${ports.nginx}` } : apis[0]!
  const told = await bookAccepted(front, 'composed', { ...bodyOf(1, 'only'), person: { email: 'a@example.com' } })
  expect(await untilOneDecided(apis[1]!, told)).toMatchObject({ status: 'booked', queueNumber: 1 })

  const mail = await until('the mail is there', () => smtp.mails[0])
  expect(mail.to).toEqual(['a@example.com'])
  const posted = await until('the webhook was called', () => hook.posted[0])
  expect(JSON.parse(posted.body)).toMatchObject({ event: 'booked', reservation: { id: told.id, status: 'booked' } })
  await until('the janitor has run', () => readFileSync(join(logs, 'janitor.1.log'), 'utf8').includes('tidied up"'))

  const queue = runJob(services.cli!, [...services.cli!.entrypoint!.slice(1), 'queue', '--json'])
  expect(JSON.parse(queue.stdout)).toEqual(
    expect.arrayContaining([expect.objectContaining({ campaign: 'composed', waiting: 0 })]),
  )

  expect(processes.filter(({ process }) => !isAlive(process.pid))).toEqual([])
  if (ports.nginx) await checkNginx(front.url, told, apis, () => processes)
}, 180_000)

/** What psql makes of the file: variables from the environment, quoted. */
function asPsqlDoes(sql: string, env: Record<string, string>): string {
  const variables = new Map([...sql.matchAll(/^\\getenv (\w+) (\w+)$/gm)].map(([, name, from]) => [name!, env[from!]]))
  return sql
    .replace(/^\\getenv .*$/gm, '')
    .replace(/:'(\w+)'/g, (_, name) => pg.escapeLiteral(variables.get(name) ?? failOn(name)))
}

function failOn(name: string): never {
  throw new Error(`logins.sql uses ${name}, which docker-compose.yml does not give it`)
}

function keep(child: ChildProcess): void {
  const ended = new Promise((done) => child.once('exit', done))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
}

/** The real configuration, with ports of this machine for the names of hosts, and a folder of its own. */
async function startNginx(dir: string, port: number, apiUrls: string[]): Promise<ChildProcess> {
  const folder = join(dir, 'nginx')
  mkdirSync(folder)
  chmodSync(folder, 0o777)
  for (const file of ['site.conf', 'proxy.conf', 'cache.conf'])
    writeFileSync(join(folder, file), readTop(`deploy/nginx/${file}`))
  const conf = apiUrls
    .reduce((text, url, n) => text.replace(`api-${n + 1}:3000`, new URL(url).host), readTop('deploy/nginx/nginx.conf'))
    .replace('listen 8080', `listen 127.0.0.1:${port}`)
    .replaceAll('/tmp/', `${folder}/`)
    .replace('access_log /dev/stdout', `access_log ${folder}/access.log`)
    .replace('error_log /dev/stderr', `error_log ${folder}/error.log`)
  writeFileSync(join(folder, 'nginx.conf'), conf)
  const checked = spawnSync(nginxBinary!, ['-t', '-c', join(folder, 'nginx.conf')], { encoding: 'utf8' })
  expect(checked.stderr).toContain('test is successful')
  return spawn(nginxBinary!, ['-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'], { stdio: 'ignore' })
}

/** What nginx adds: a cache of what is public and of nothing else, stale answers while nobody answers, and problem documents. */
async function checkNginx(
  url: string,
  told: { id: string; receipt: string },
  apis: { url: string }[],
  processes: () => { name: string; process: Spawned }[],
) {
  const get = (path: string, headers = {}) => send(`${url}${path}`, { headers })
  const progress = '/v1/campaigns/composed/progress'
  await get(progress)
  const second = await get(progress)
  expect(second.headers['x-cache']).toMatch(/HIT|UPDATING|STALE|EXPIRED|REVALIDATED/)
  const own = await get(`/v1/reservations/${told.id}`, { authorization: `Bearer ${told.receipt}` })
  expect(own.status).toBe(200)
  expect(own.headers['x-cache']).toBeUndefined()
  expect((await get(`/v1/reservations/${told.id}`)).status).toBe(401)
  expect((await get('/v1/operator/queues')).headers['x-cache']).toBeUndefined()
  expect((await get('/metrics')).status).toBe(404)
  const large = await send(`${url}/v1/campaigns/composed/reservations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: 'x'.repeat(70_000),
  })
  expect(large).toMatchObject({ status: 413, headers: { 'content-type': 'application/problem+json' } })

  // One API dies: the other takes what it had.
  const [first, other] = processes().filter(({ name }) => name.startsWith('api-'))
  await first!.process.kill()
  for (let n = 10; n < 20; n += 1) await bookAccepted({ url }, 'composed', bodyOf(n, 'only'))
  expect(apis).toHaveLength(2)
  // Both: what everybody may see is still there, and a request is told the truth.
  await other!.process.kill()
  expect(await get(progress)).toMatchObject({ status: 200 })
  const refused = await send(`${url}/v1/campaigns/composed/reservations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(bodyOf(99, 'only')),
  })
  expect(refused).toMatchObject({
    status: 503,
    headers: { 'content-type': 'application/problem+json', 'retry-after': '5' },
  })
}

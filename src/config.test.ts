import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { Environment, keyFile, loadConfig, loadConfigAndKeys, loadKeys, runningFile } from './config.ts'

const top = join(import.meta.dirname, '..')
const databaseUrl = 'postgres://junban@127.0.0.1:5432/junban'
const keyOf = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64url')}`
const keys = {
  JUNBAN_RECEIPT_KEYS: `${keyOf('r2', 2)}, ${keyOf('r1', 1)}`,
  JUNBAN_MASTER_KEYS: keyOf('m1', 3),
  JUNBAN_VOUCHER_KEY: keyOf('v1', 4),
}

/** A DATA_DIR of the test's own. */
let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'junban-config-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true }))
})

/** Every variable that can be wrong, wrong: all but these. */
const anyText = ['HOST', 'DATA_DIR', 'HEARTBEAT_FILE']
const wrong: Record<string, string> = {
  DATABASE_URL: 'mysql://localhost/junban',
  REDIS_URL: 'localhost:6379',
  PORT: 'eighty',
  LOG_LEVEL: 'loud',
  TRUSTED_PROXIES: '-1',
  REFUSALS_PER_MINUTE: '0',
  SMTP_URL: 'http://mail.example.org',
  MAIL_FROM: 'nobody',
  SMS_GATEWAY_URL: 'ftp://sms.example.org',
  SMS_GATEWAY_TOKEN: 'short',
  WEBHOOK_URL: 'example.org',
  WEBHOOK_SECRET: 'short',
  NOTIFY_LOOPBACK: 'perhaps',
  JUNBAN_API_URL: 'ftp://junban.example.org',
  JUNBAN_OPERATOR_KEY: 'junban_short',
  JUNBAN_RECEIPT_KEYS: 'r1:short',
  JUNBAN_MASTER_KEYS: `${keyOf('m1', 1)},m2`,
  JUNBAN_VOUCHER_KEY: `${keyOf('v1', 1)},${keyOf('v2', 2)}`,
}

/** The variables that the lines of a message begin with. */
const namesIn = (message: string) => message.split('\n').map((line) => /^[A-Z_]+/.exec(line)?.[0])

function messageOf(load: () => unknown): string {
  try {
    load()
  } catch (err) {
    expect(err).toMatchObject({ name: 'UserError' })
    return (err as Error).message
  }
  throw new Error('it was loaded')
}

test('every wrong variable is named at once, a line each, and no secret is repeated', () => {
  expect([...Object.keys(wrong), ...anyText].toSorted()).toEqual(Object.keys(Environment.shape).toSorted())
  for (const load of [loadConfig, loadKeys, loadConfigAndKeys]) {
    const message = messageOf(() => load({ ...wrong, DATA_DIR: dataDir }))
    expect(namesIn(message).toSorted()).toEqual(Object.keys(wrong).toSorted())
    for (const name of ['DATABASE_URL', 'REDIS_URL', 'JUNBAN_RECEIPT_KEYS', 'JUNBAN_VOUCHER_KEY'])
      expect(message).not.toContain(wrong[name])
  }
})

test('each of them alone is named alone', () => {
  const right = { DATABASE_URL: databaseUrl, ...keys, DATA_DIR: dataDir }
  expect(loadConfigAndKeys(right)).toBeDefined()
  for (const [name, value] of Object.entries(wrong))
    expect(namesIn(messageOf(() => loadConfigAndKeys({ ...right, [name]: value })))).toEqual([name])
})

test('a process that lacks stores and keys is told of all of them, in lines without a stack, and ends with 1', () => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [join(top, 'src/api.ts')], {
    env: { DATA_DIR: dataDir, PATH: process.env.PATH },
    encoding: 'utf8',
  })
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr.trim().split('\n')).toEqual([
    `DATABASE_URL is not set, and no \`npm start\` is running in ${dataDir}: set it, or start one`,
    'JUNBAN_RECEIPT_KEYS, JUNBAN_MASTER_KEYS, JUNBAN_VOUCHER_KEY: not set. `npm run junban -- keys generate` makes all three',
  ])
})

test('what is not set, or set to nothing, has its default', () => {
  const defaults = {
    databaseUrl,
    redisUrl: null,
    host: '127.0.0.1',
    port: 3000,
    dataDir: resolve('.data'),
    logLevel: 'info',
    heartbeatFile: null,
    trustedProxies: 0,
    refusalsPerMinute: 600,
  }
  expect(loadConfig({ DATABASE_URL: databaseUrl })).toMatchObject({
    ...defaults,
    redisUrl: expect.toSatisfy(() => true),
  })
  const empty = Object.fromEntries(Object.keys(wrong).map((name) => [name, '']))
  expect(loadConfig({ ...empty, DATABASE_URL: databaseUrl, DATA_DIR: dataDir })).toEqual({ ...defaults, dataDir })
})

test('the stores of the `npm start` that runs in DATA_DIR are found, and those that are named come first', () => {
  const running = { pid: 1, databaseUrl: `${databaseUrl}_running`, redisUrl: 'redis://127.0.0.1:7', apiUrl: 'http://x' }
  writeFileSync(runningFile(dataDir), JSON.stringify(running))
  expect(loadConfig({ DATA_DIR: dataDir })).toMatchObject({
    databaseUrl: running.databaseUrl,
    redisUrl: running.redisUrl,
  })
  // A named Postgres is another installation: the Redis that runs beside the first is not its own.
  expect(loadConfig({ DATA_DIR: dataDir, DATABASE_URL: databaseUrl })).toMatchObject({ databaseUrl, redisUrl: null })
  writeFileSync(runningFile(dataDir), '{"pid":')
  expect(namesIn(messageOf(() => loadConfig({ DATA_DIR: dataDir })))).toEqual(['DATABASE_URL'])
})

test('keys are read in their order, with their secrets, from the environment or else from DATA_DIR', () => {
  const read = loadKeys({ ...keys, DATA_DIR: dataDir })
  expect(read.receipt).toEqual([
    { id: 'r2', secret: Buffer.alloc(32, 2) },
    { id: 'r1', secret: Buffer.alloc(32, 1) },
  ])
  expect(read.voucher).toEqual({ id: 'v1', secret: Buffer.alloc(32, 4) })
  mkdirSync(dataDir, { recursive: true })
  const lines = Object.entries(keys).map(([name, value]) => `${name}=${value}`)
  writeFileSync(keyFile(dataDir), `${lines.join('\n')}\n`)
  expect(loadKeys({ DATA_DIR: dataDir })).toEqual(read)
  expect(loadKeys({ DATA_DIR: dataDir, JUNBAN_VOUCHER_KEY: keyOf('v9', 9) }).voucher.id).toBe('v9')
  rmSync(keyFile(dataDir))
  expect(messageOf(() => loadKeys({ ...keys, JUNBAN_MASTER_KEYS: '', DATA_DIR: dataDir }))).toMatch(
    /^JUNBAN_MASTER_KEYS: not set/,
  )
})

test('.env.example lists every variable once, with its default; those without one are commented out', () => {
  const lines = readFileSync(join(top, '.env.example'), 'utf8')
    .split('\n')
    .map((line) => /^(#?)([A-Z][A-Z_]+)=(.*)$/.exec(line))
    .filter((found) => found !== null)
    .map(([, comment, name, value]) => ({ isSet: comment === '', name: name!, value: value! }))
  expect(lines.map(({ name }) => name).toSorted()).toEqual(Object.keys(Environment.shape).toSorted())
  const defaults = Object.entries(Environment.parse({})).map(([name, value]) => [name, String(value)])
  expect(Object.fromEntries(lines.filter(({ isSet }) => isSet).map(({ name, value }) => [name, value]))).toEqual(
    Object.fromEntries(defaults),
  )
})

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Key } from '#src/config.ts'
import { decidedPeople } from '../setup/decided-people.ts'
import { httpSink } from '../setup/http-sink.ts'
import { testKeys } from '../setup/operator-database.ts'
import { makeTestDir, removeTestDir } from '../setup/test-dir.ts'
import { spawnProcess } from './spawned.ts'
import { until } from './until.ts'

const ring = ({ id, secret }: Key) => `${id}:${secret.toString('base64url')}`
const environment = (url: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  DATABASE_URL: url,
  JUNBAN_MASTER_KEYS: ring(testKeys.master[0]!),
  JUNBAN_RECEIPT_KEYS: ring(testKeys.receipt[0]!),
  DATA_DIR: '/nowhere',
  ...more,
})

async function startNotifier(url: string, more?: NodeJS.ProcessEnv) {
  const folder = makeTestDir()
  onTestFinished(() => removeTestDir(folder))
  const file = { name: 'notifier', script: 'workers/notifier.ts', folder }
  const notifier = await spawnProcess(file, environment(url, more))
  onTestFinished(() => notifier.kill())
  return { ...notifier, log: () => readFileSync(join(folder, 'notifier.log'), 'utf8') }
}

test('without a channel the notifier says once what is missing, stays, and leaves the outbox alone', async () => {
  const { url, decide, read } = await decidedPeople()
  await decide({ email: 'a@example.com' })
  const before = await read('select * from outbox')
  const notifier = await startNotifier(url)
  await until('it says so', () => notifier.log().includes('no channel is configured'))
  await notifier.kill('SIGTERM') // it has had its chance, and leaves in order
  const lines = notifier.log().trim().split('\n')
  expect(lines).toHaveLength(2)
  expect(lines[0]).toContain(
    'SMTP_URL and MAIL_FROM, SMS_GATEWAY_URL and SMS_GATEWAY_TOKEN, or WEBHOOK_URL and WEBHOOK_SECRET',
  )
  expect(lines[1]).toContain('notifier stopping')
  expect(await read('select * from outbox')).toEqual(before)
})

test('a notifier that is asked to stop tells to the end whom it has begun to tell', async () => {
  const { url, decide, outbox } = await decidedPeople()
  const hook = await httpSink()
  await decide({ email: 'a@example.com' })
  const webhook = {
    WEBHOOK_URL: hook.url,
    WEBHOOK_SECRET: 'a-secret-of-thirty-two-characters!',
    NOTIFY_LOOPBACK: 'yes',
  }
  const notifier = await startNotifier(url, webhook)
  await until('it was called', () => hook.posted.length > 0)
  await notifier.kill('SIGTERM')
  expect(await outbox()).toMatchObject([{ told: ['webhook'], sent: true }])
})

test('a channel that is half configured, or not https, is named at the start', () => {
  const start = (more: NodeJS.ProcessEnv) => {
    const { status, stderr } = spawnSync(process.execPath, ['workers/notifier.ts'], {
      cwd: join(import.meta.dirname, '../..'),
      env: environment('postgres://nobody@127.0.0.1:1/nothing', more),
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    return stderr.trim().split('\n')
  }
  expect(start({ SMTP_URL: 'smtp://mail.example.org', WEBHOOK_URL: 'http://example.org/' })).toEqual([
    'MAIL_FROM: not set, and SMTP_URL needs it',
    'WEBHOOK_SECRET: not set, and WEBHOOK_URL needs it',
    'WEBHOOK_URL: is not an https:// URL',
  ])
  expect(start({ SMTP_URL: 'http://mail', MAIL_FROM: 'nobody', WEBHOOK_SECRET: 'short' })).toEqual([
    'SMTP_URL: is not a smtp:// or smtps:// URL',
    'MAIL_FROM: is not an address, as Junban <junban@example.org>',
    'WEBHOOK_SECRET: is not a secret of 32 or more characters',
  ])
  expect(start({ JUNBAN_MASTER_KEYS: '', JUNBAN_RECEIPT_KEYS: '' })).toEqual([
    expect.stringContaining('JUNBAN_MASTER_KEYS: not set'),
    expect.stringContaining('JUNBAN_RECEIPT_KEYS: not set'),
  ])
})

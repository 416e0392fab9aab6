import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeTestDir, removeTestDir } from '../../test/setup/test-dir.ts'
import { UserError } from '../errors.ts'
import { isAlive } from './process.ts'
import { type EmbeddedRedis, findRedisServer, startRedis } from './redis.ts'

let dir: string
let started: EmbeddedRedis[]

beforeEach(() => {
  dir = makeTestDir()
  started = []
})
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const { stop } of started) await stop('SIGKILL')
  removeTestDir(dir)
})

async function start(extraArgs: string[] = []) {
  const redis = await startRedis({ dataDir: join(dir, 'redis'), extraArgs })
  started.push(redis)
  return redis
}

function pretend(name: string, version: string): string {
  const folder = join(dir, `${name}-${version}`)
  mkdirSync(folder)
  const file = join(folder, name)
  writeFileSync(file, `#!/bin/sh\necho 'Server v=${version} sha=00000000:0 bits=64'\n`)
  chmodSync(file, 0o755)
  return folder
}

test('stopped, it starts again at the same address', async () => {
  const first = await start()
  await first.stop()
  expect(isAlive(first.pid)).toBe(false)
  expect((await start()).url).toBe(first.url)
})

test('a server that a killed start left behind is ended before the next one starts', async () => {
  const leftBehind = await start()
  const next = await start()
  expect(isAlive(leftBehind.pid)).toBe(false)
  expect(next.port).toBe(leftBehind.port)
})

test('why it did not start is said with the last lines of its log', async () => {
  const failure = await start(['--maxclients', 'many']).catch((err: unknown) => err)
  expect(failure).toBeInstanceOf(UserError)
  expect((failure as Error).message).toMatch(/did not start/)
})

test('of the servers on the path it takes the first that is 7 or later, else 6.2, and no older one', () => {
  const [old, least, valkey] = [
    pretend('redis-server', '5.0.14'),
    pretend('redis-server', '6.2.16'),
    pretend('valkey-server', '8.1.0'),
  ]
  const found = (...folders: string[]) => {
    vi.stubEnv('PATH', folders.join(delimiter))
    return findRedisServer()
  }
  expect(found()).toBeNull()
  expect(found(old)).toBeNull()
  expect(found(old, least)).toBe(join(least, 'redis-server'))
  expect(found(old, least, valkey)).toBe(join(valkey, 'valkey-server'))
})

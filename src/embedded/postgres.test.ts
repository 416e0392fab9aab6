import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTestDir, removeTestDir } from '../../test/setup/test-dir.ts'
import { UserError } from '../errors.ts'
import { type EmbeddedPostgres, startPostgres } from './postgres.ts'
import { clusterFolder } from './postgres-cluster.ts'
import { isAlive, waitUntilGone } from './process.ts'

let dir: string
let started: EmbeddedPostgres[]

beforeEach(() => {
  dir = makeTestDir()
  started = []
})
afterEach(async () => {
  for (const { stop } of started) await stop('immediate')
  for (const home of new Set([dir, ...started.map((postgres) => postgres.home)])) removeTestDir(home)
})

async function start(dataDir = join(dir, 'postgres')) {
  const postgres = await startPostgres({ dataDir })
  started.push(postgres)
  return postgres
}

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

test.each(['fast', 'immediate'] as const)(
  'stopped %s, it starts again at the same address with what it had',
  async (mode) => {
    const first = await start()
    await query(first.url, 'create table kept as select 1 as n')
    await first.stop(mode)
    expect(isAlive(first.pid)).toBe(false)
    const second = await start()
    expect(second.url).toBe(first.url)
    expect(await query(second.url, 'select n from kept')).toEqual([{ n: 1 }])
  },
)

test('a server that a killed start left behind is ended before the next one starts', async () => {
  const leftBehind = await start()
  const next = await start()
  expect(isAlive(leftBehind.pid)).toBe(false)
  expect(await query(next.url, 'select 1 as n')).toEqual([{ n: 1 }])
})

test('a killed server comes back, although its lock file is still there', async () => {
  const first = await start()
  process.kill(first.pid, 'SIGKILL')
  await waitUntilGone(first.pid, 5_000)
  expect(existsSync(join(clusterFolder(first.home), 'postmaster.pid'))).toBe(true)
  expect(await query((await start()).url, 'select 1 as n')).toEqual([{ n: 1 }])
})

test('it listens on this machine alone, asks for a password, and nobody else can read that', async () => {
  const { url, home } = await start()
  expect(await query(url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
  const guessed = new URL(url)
  guessed.password = 'guessed'
  await expect(query(guessed.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  expect(statSync(join(home, 'passwords.json')).mode & 0o777).toBe(0o600)
})

test('why it did not start is said with the last lines of its log', async () => {
  const first = await start()
  await first.stop()
  removeTestDir(join(clusterFolder(first.home), 'global'))
  const failure = await start().catch((err: unknown) => err)
  expect(failure).toBeInstanceOf(UserError)
  expect((failure as Error).message).toMatch(/did not start[\s\S]*global/)
})

test.runIf(process.getuid?.() === 0)(
  'where its user cannot get to, it keeps its files elsewhere, says where, and finds them again',
  async () => {
    const closed = join(dir, 'closed')
    mkdirSync(closed)
    chmodSync(closed, 0o700)
    const dataDir = join(closed, 'postgres')
    const first = await start(dataDir)
    expect(first.home).toMatch(/^\/var\/lib\/junban\//)
    expect(readFileSync(join(dataDir, 'moved-to.txt'), 'utf8')).toBe(`${first.home}\n`)
    await query(first.url, 'create table kept as select 1 as n')
    await first.stop()
    const second = await start(dataDir)
    expect(await query(second.url, 'select n from kept')).toEqual([{ n: 1 }])
  },
)

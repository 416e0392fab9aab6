import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFile } from '../../../test/setup/operator-database.ts'
import { checkDisks } from './check-disk.ts'
import { checkClock, checkPostgres } from './check-postgres.ts'
import { checkRedis, type RedisFacts } from './check-redis.ts'
import { checkRehearsal } from './check-rehearsal.ts'
import type { Finding } from './finding.ts'

const levels = (findings: Finding[]) => findings.map(({ level }) => level)

const settings = {
  version: '18.4',
  fsync: 'on',
  synchronousCommit: 'on',
  fullPageWrites: 'on',
  logParameters: '0',
  recovering: false,
  maxConnections: 100,
  connections: 10,
  now: 0,
}

test.each([
  ['as they should be', {}, ['ok', 'ok', 'ok']],
  ['fsync off', { fsync: 'off' }, ['problem', 'ok', 'ok']],
  ['full_page_writes off', { fullPageWrites: 'off' }, ['problem', 'ok', 'ok']],
  ['synchronous_commit off', { synchronousCommit: 'off' }, ['problem', 'ok', 'ok']],
  ['waiting for a standby', { synchronousCommit: 'remote_apply' }, ['ok', 'ok', 'ok']],
  ['a standby', { recovering: true }, ['problem', 'ok', 'ok']],
  ['many connections in use', { connections: 75 }, ['ok', 'warning', 'ok']],
  ['nearly all connections in use', { connections: 95 }, ['ok', 'problem', 'ok']],
  ['parameters in the log', { logParameters: '-1' }, ['ok', 'ok', 'warning']],
])('Postgres, %s', (_, fields, expected) => {
  expect(levels(checkPostgres({ ...settings, ...fields }))).toEqual(expected)
})

test('clocks a second apart are a warning, ten seconds a problem, whichever is ahead', () => {
  expect([0, 900, -1_500, 1_500, -11_000].map((ms) => checkClock(ms).level)).toEqual([
    'ok',
    'ok',
    'warning',
    'warning',
    'problem',
  ])
})

const redis: RedisFacts = {
  unsafe: null,
  appendfsync: 'always',
  usedBytes: 10,
  maxBytes: 1_000,
  systemBytes: 2_000,
  lastWriteOk: true,
  dir: null,
}

test.each([
  ['as it should be', redis, ['ok', 'ok']],
  ['none', null, ['warning']],
  ['one that does not answer', new Error('no'), ['problem']],
  ['one that evicts', { ...redis, unsafe: 'maxmemory-policy is allkeys-lru' }, ['problem']],
  ['one that may lose a second', { ...redis, appendfsync: 'everysec' }, ['problem', 'ok']],
  ['one that does not tell', { ...redis, appendfsync: null }, ['warning', 'ok']],
  ['one whose disk failed', { ...redis, lastWriteOk: false }, ['problem', 'ok']],
  ['one that is half full', { ...redis, usedBytes: 501 }, ['ok', 'problem']],
  ['one without a limit', { ...redis, maxBytes: 0 }, ['ok', 'warning']],
])('Redis, %s', (_, facts, expected) => {
  expect(levels(checkRedis(facts))).toEqual(expected)
})

test('disks that cannot be seen are a warning; one that can be is measured, once', async () => {
  expect(levels(await checkDisks([]))).toEqual(['warning'])
  expect(levels(await checkDisks(['/nowhere']))).toEqual(['warning'])
  const here = await checkDisks([import.meta.dirname, import.meta.dirname])
  expect(here).toHaveLength(1)
  expect(here[0]!.found).toMatch(/^[\d.]+ GiB free in /)
})

test('the newest rehearsal counts for a week; none, and one that cannot be read, are a warning', async () => {
  const folder = dirname(await tempFile('note.txt', ''))
  expect((await checkRehearsal(folder)).level).toBe('warning')
  const report = async (name: string, content: string, daysAgo: number) => {
    const file = join(folder, name, 'report.json')
    await mkdir(dirname(file))
    await writeFile(file, content)
    const at = Date.now() / 1_000 - daysAgo * 86_400
    await utimes(file, at, at)
  }
  await report('broken', '{', 0)
  await report('old', '{"name":"old","verdict":"held"}', 9)
  expect(await checkRehearsal(folder)).toMatchObject({ level: 'warning', found: 'old, 9 days ago: held' })
  await report('new', '{"name":"new","verdict":"held"}', 1)
  expect(await checkRehearsal(folder)).toMatchObject({ level: 'ok', found: 'new, 1 day ago: held' })
  await report(
    'broken-promise',
    '{"name":"bad","verdict":"broke","promises":[{"name":"nothing lost","holds":false}]}',
    0,
  )
  expect(await checkRehearsal(folder)).toMatchObject({
    level: 'warning',
    found: 'bad, today: broke; broken: nothing lost',
  })
})

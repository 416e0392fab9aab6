import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { parse } from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { operatorDatabase, testKeys, testLog } from '../../../test/setup/operator-database.ts'
import { createPool } from '../../postgres/pool.ts'
import { describeFailure } from '../commands/describe-failure.ts'
import { pauseCampaign } from '../pause-campaign.ts'
import { examine, type Surroundings } from './examine.ts'

const migrations = readdirSync(new URL('../../../migrations', import.meta.url)).map((name) => parse(name).name)
const redis = {
  unsafe: null,
  appendfsync: 'always',
  usedBytes: 1,
  maxBytes: 2 ** 30,
  systemBytes: 2 ** 33,
  lastWriteOk: true,
  dir: tmpdir(),
}
const well: Surroundings = { redis, api: null, master: testKeys.master, folders: [], migrations, reports: '/nowhere' }

type Database = Awaited<ReturnType<typeof operatorDatabase>>

/** A database in which `medics` could open: somebody accepts, somebody decides, there are people and seats. */
async function readyDatabase(): Promise<Database> {
  const database = await operatorDatabase()
  await database.read(`
    update campaigns set opens_at = '2099-12-01T00:00Z', closes_at = '2099-12-31T00:00Z';
    insert into vouchers (campaign_id, fingerprint, voucher_key)
    values ('medics', decode(repeat('00', 16), 'hex'), decode(repeat('00', 16), 'hex'));
    insert into locations (campaign_id, id, name) values ('medics', 'east', 'East');
    insert into schedules (campaign_id, id, location_id) values ('medics', 'east', 'east');
    insert into slots (campaign_id, id, schedule_id, location_id, starts_at, ends_at, capacity)
    values ('medics', 'a', 'east', 'east', '2099-12-02T00:00Z', '2099-12-02T00:30Z', 5)`)
  for (const name of ['api', 'allocator']) {
    const process = createPool({ url: database.url, role: null, name, log: testLog })
    onTestFinished(() => process.end())
    await process.query('select 1')
  }
  return database
}

/** What is wrong, as a line each: the check, and what was found. */
async function problems(
  { pool }: Pick<Database, 'pool'>,
  { campaign = 'medics', ...surroundings }: Partial<Surroundings> & { campaign?: string | null } = {},
) {
  const findings = await examine({
    pool,
    campaign,
    surroundings: { ...well, ...surroundings },
    describe: describeFailure,
  })
  for (const { level, advice } of findings) expect(advice === null).toBe(level === 'ok')
  return findings.filter(({ level }) => level === 'problem').map(({ check, found }) => `${check}: ${found}`)
}

test('what could open has no problems', async () => {
  expect(await problems(await readyDatabase())).toEqual([])
})

test('an empty campaign on a machine where nothing runs: each thing that is missing is named', async () => {
  const database = await operatorDatabase()
  await database.read(`update campaigns set opens_at = '2099-12-01T00:00Z', closes_at = '2099-12-31T00:00Z'`)
  expect(await problems(database)).toEqual([
    'an API runs: none is connected to the database',
    'an allocator runs: none is connected to the database',
    'medics: register: no vouchers',
    'medics: slots: no slots',
  ])
})

test.each<[string, string, string]>([
  ['slots that are all closed', `update slots set blocked = true`, 'medics: slots: 1 slots, 0 free seats, 1 closed'],
  [
    'slots that are over before it opens',
    `update slots set starts_at = '2020-01-01', ends_at = '2020-01-02'`,
    'medics: slots: 1 slots, 0 free seats, 0 closed',
  ],
  [
    'a key that was erased',
    'update campaign_keys set wrapped = null, erased_at = now()',
    'medics: data key: none: it was erased',
  ],
  [
    'a closing that has passed',
    `update campaigns set opens_at = '2020-01-01T00:00Z', closes_at = '2020-01-02T00:00Z'`,
    'medics: hours: closed since 2020-01-02T09:00:00+09:00',
  ],
  [
    'people who wait and are not decided',
    `update lanes set accepted_number = 3 where lane = 'web'`,
    'medics: queue: 3 wait and nothing is being decided',
  ],
])('%s: is named', async (_, sql, line) => {
  const database = await readyDatabase()
  await database.read(sql)
  expect(await problems(database)).toEqual([line])
})

test('a paused campaign is named with the reason', async () => {
  const database = await readyDatabase()
  for (const what of ['intake', 'allocation'] as const)
    await pauseCampaign({ pool: database.pool, campaign: 'medics', what, reason: `no ${what}`, by: 'test' })
  expect(await problems(database)).toEqual([
    'medics: not paused: intake (no intake) and allocation (no allocation) paused',
  ])
})

test('keys that are missing or of somebody else, and a register that the API has not loaded, are named', async () => {
  const database = await readyDatabase()
  const others = [{ id: 'm1', secret: Buffer.alloc(32, 9) }]
  expect(await problems(database, { master: others })).toEqual([
    'medics: data key: wrapped by master key m1, which is missing or another',
  ])
  expect(await problems(database, { master: new Error('JUNBAN_MASTER_KEYS: not set') })).toEqual([
    'keys are there: JUNBAN_MASTER_KEYS: not set',
  ])
  const api = { rung: 'normal', intake: 'open', registers: new Map([['medics', 7]]) }
  expect(await problems(database, { api })).toEqual(['medics: register: 1 vouchers, 7 in the memory of the API'])
  expect(await problems(database, { api: { ...api, registers: new Map([['medics', 1]]) } })).toEqual([])
})

test('a migration that was not applied is named, and the tables that it would change are left alone', async () => {
  const database = await readyDatabase()
  expect(await problems(database, { migrations: [...migrations, '9999_next'] })).toEqual([
    'migrations are applied: 9999_next not applied',
  ])
})

test('a database that does not wait for its disk is named', async () => {
  const { url } = await readyDatabase()
  const owner = new pg.Client({ connectionString: url })
  await owner.connect()
  await owner.query(`alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`)
  await owner.end()
  const pool = createPool({ url, role: 'junban_operator', name: 'test', log: testLog })
  onTestFinished(() => pool.end())
  expect(await problems({ pool })).toEqual(['Postgres is durable: synchronous_commit = off'])
})

test('without Postgres the rest is looked at all the same', async () => {
  const pool = createPool({ url: 'postgres://127.0.0.1:1/x', role: 'junban_operator', name: 'test', log: testLog })
  onTestFinished(() => pool.end())
  expect(await problems({ pool }, { redis: new Error('nothing answers') })).toEqual([
    'Postgres answers: Postgres cannot be reached: nothing listens where DATABASE_URL points',
    'Redis is durable: it does not answer: nothing answers',
  ])
})

test('no campaign at all is a problem; one that is not there is the caller’s mistake', async () => {
  const database = await readyDatabase()
  await database.read(`update campaigns set opens_at = '2020-01-01', closes_at = '2020-01-02'`)
  expect(await problems(database, { campaign: null })).toEqual(['there is a campaign: none that is not closed'])
  await expect(problems(database, { campaign: 'nowhere' })).rejects.toThrow('there is no campaign nowhere')
})

import iconv from 'iconv-lite'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import {
  campaignFile,
  operatorDatabase,
  tempFile,
  testFingerprints,
  testKeys,
} from '../../test/setup/operator-database.ts'
import { createPool, type Pool } from '../postgres/pool.ts'
import { createCampaign } from './create-campaign.ts'
import { generatePeople } from './generate-people.ts'
import { importVouchers } from './import-vouchers.ts'

const header = 'voucher,birthDate,cohort'
const file = (...rows: string[]) => tempFile('vouchers.csv', [header, ...rows, ''].join('\n'))
const run = (pool: Pool, path: string, prune = false, campaign = 'medics') =>
  importVouchers({ pool, campaign, file: path, fingerprints: testFingerprints, prune, by: 'test' })

const inUse = { changedInUse: 0, goneInUse: 0 }
const count = { rows: 0, new: 0, changed: 0, same: 0, gone: 0, removed: 0, ...inUse, applied: true, encoding: 'utf8' }

/** What the register holds of a person, in hex. */
const stored = (voucher: string, birthDate: string, cohort_id: string | null = null) => ({
  voucher_key: testFingerprints.voucher('medics', voucher),
  fingerprint: testFingerprints.person('medics', voucher, birthDate),
  cohort_id,
})
const register = `
  select encode(voucher_key, 'hex') as voucher_key, encode(fingerprint, 'hex') as fingerprint, cohort_id
    from vouchers order by cohort_id, encode(voucher_key, 'hex')`

test('a register is kept as keyed hashes, and nothing of it in clear', async () => {
  const { pool, read } = await operatorDatabase()
  const imported = await run(pool, await file('0123456789,1980-01-02,hospital', '0123456780,1990-12-31,'))
  expect(imported).toEqual({ ...count, rows: 2, new: 2 })
  expect(await read(register)).toEqual([
    stored('0123456789', '1980-01-02', 'hospital'),
    stored('0123456780', '1990-12-31'),
  ])
  expect(JSON.stringify(await read('select vouchers::text from vouchers'))).not.toMatch(/012345678|1980-01-02/)
  expect(JSON.stringify(await read('select * from audit'))).not.toMatch(/012345678|1980-01-02/)
})

test.each([
  ['a byte order mark and CRLF', (text: string) => Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}`), 'utf8'],
  ['cp932', (text: string) => iconv.encode(text, 'cp932'), 'cp932'],
])('%s, full-width digits, dates of a spreadsheet: the same people', async (_, encode, encoding) => {
  const { pool, read } = await operatorDatabase()
  const rows = `birthDate,cohort,voucher\n1980/1/2,hospital, ０１２３４５６７８９ \n\n"１９９０-12-31",,"0123456780"\n`
  expect(await run(pool, await tempFile('v.csv', encode(rows)))).toEqual({ ...count, rows: 2, new: 2, encoding })
  expect(await read(register)).toEqual([
    stored('0123456789', '1980-01-02', 'hospital'),
    stored('0123456780', '1990-12-31'),
  ])
})

test('bad rows are named by line without what they say of a person, and nothing is imported', async () => {
  const { pool, read } = await operatorDatabase()
  const path = await file(
    '0123456789,1980-01-02,hospital',
    '012345678,1980-01-02,',
    '0123456788,1980-02-30,',
    '0123456787,1980-01-02,doctors',
    '0123456786,1980-01-02',
    '0123456789,1985-05-05,',
    '"0123456785"x,1980-01-02,',
    '0123456784,2200-01-01,',
  )
  const err = await run(pool, path).catch((thrown) => thrown)
  expect(err.rows.map(({ line, message }: { line: number; message: string }) => `${line} ${message}`)).toEqual([
    '3 voucher does not fit ^[0-9]{10}$',
    '4 birthDate is not a day of the calendar, as 1980-01-02',
    '5 cohort is none of hospital',
    '6 has 2 cells instead of 3',
    '7 has the voucher of line 2',
    '8 has broken quotes',
    '9 birthDate is not a birth date of someone living',
  ])
  expect(err.message).not.toMatch(/012345678|1985/)
  expect(await read('select from vouchers')).toEqual([])
  expect(await read(`select from audit where action = 'vouchers.import'`)).toEqual([])
})

test('a later file adds and changes; who is gone from it stays unless pruning is asked for', async () => {
  const { pool, read } = await operatorDatabase()
  const version = async () => (await read('select register_version as v from campaigns'))[0].v
  const first = await file('0000000001,1980-01-01,', '0000000002,1980-01-02,', '0000000003,1980-01-03,')
  const second = await file('0000000002,1988-08-08,', '0000000003,1980-01-03,', '0000000004,1980-01-04,hospital')
  await run(pool, first)
  const before = await version()
  expect(await run(pool, second)).toEqual({ ...count, rows: 3, new: 1, changed: 1, same: 1, gone: 1 })
  expect(await version()).toBe(before + 1)
  expect((await read(register)).length).toBe(4)
  expect(await run(pool, second, true)).toEqual({ ...count, rows: 3, same: 3, gone: 1, removed: 1 })
  expect(await version()).toBe(before + 2)
  expect((await read(register)).map(({ fingerprint }) => fingerprint).toSorted()).toEqual(
    [stored('0000000002', '1988-08-08'), stored('0000000003', '1980-01-03'), stored('0000000004', '1980-01-04')]
      .map(({ fingerprint }) => fingerprint)
      .toSorted(),
  )
  expect(await run(pool, second)).toEqual({ ...count, rows: 3, same: 3 })
  expect(await version()).toBe(before + 2)
})

test('a dry run shows what would change, those with a live reservation apart, and changes nothing', async () => {
  const { url, pool, read } = await operatorDatabase()
  const allocator = createPool({ url, role: 'junban_allocator', name: 'allocator', log: pino({ level: 'silent' }) })
  onTestFinished(() => allocator.end())
  await run(pool, await file('0000000001,1980-01-01,', '0000000002,1980-01-02,', '0000000003,1980-01-03,'))
  for (const voucher of ['0000000001', '0000000002'])
    await allocator.query(`
      insert into reservations (id, campaign_id, lane, queue_number, voucher_key, status, waitlist, accepted_at, decided_at)
      values (gen_random_uuid(), 'medics', 'web', ${Number(voucher)},
              '\\x${testFingerprints.voucher('medics', voucher)}', 'booked', false, now(), now())`)
  const before = await read(register)
  const next = await file('0000000002,1988-08-08,', '0000000003,1980-01-03,', '0000000004,1980-01-04,')
  const shown = { ...count, rows: 3, new: 1, changed: 1, same: 1, gone: 1, changedInUse: 1, goneInUse: 1 }
  const wanted = { pool, campaign: 'medics', file: next, fingerprints: testFingerprints, prune: true, by: 'test' }

  expect(await importVouchers({ ...wanted, dryRun: true })).toEqual({ ...shown, applied: false })
  await expect(importVouchers(wanted)).rejects.toThrow('2 of the vouchers that would be changed or removed have a live')
  expect(await read(register)).toEqual(before)

  expect(await importVouchers({ ...wanted, force: true })).toEqual({ ...shown, removed: 1 })
  expect((await read(register)).length).toBe(3)
  expect(await read('select count(*) as kept from reservations')).toEqual([{ kept: 2 }])
})

test('20,000 people in two imports at once: each once', async () => {
  const { pool, read } = await operatorDatabase()
  const people = [...generatePeople(20_000, 7)].map(({ voucher, birthDate }) => `${voucher},${birthDate},`)
  const path = await file(...people)
  const both = await Promise.all([run(pool, path), run(pool, path)])
  expect(both.map((imported) => imported.new).toSorted()).toEqual([0, 20_000])
  expect(await read('select count(*) as vouchers from vouchers')).toEqual([{ vouchers: 20_000 }])
})

test('wrong columns, no such campaign, a campaign without a register: one clear line', async () => {
  const { pool } = await operatorDatabase()
  await createCampaign({
    pool,
    master: testKeys.master,
    text: campaignFile({ id: 'open', eligibility: 'anyone', cohorts: [] }),
    by: 'test',
  })
  const good = await file('0123456789,1980-01-02,')
  await expect(run(pool, await tempFile('x.csv', 'voucher;birthDate\n1;2\n'))).rejects.toThrow(
    /x.csv: the first line must name the columns voucher,birthDate,cohort; missing: voucher, birthDate$/,
  )
  await expect(run(pool, await tempFile('x.csv', ''))).rejects.toThrow(/missing: voucher, birthDate$/)
  await expect(run(pool, good, false, 'nowhere')).rejects.toThrow('there is no campaign nowhere')
  await expect(run(pool, good, false, 'open')).rejects.toThrow('campaign open takes anyone: it has no register')
  await expect(run(pool, `${good}.gone`)).rejects.toThrow('there is no such file')
})

test('a register that Postgres knows to be empty takes 60,000 rows within seconds', async () => {
  const { pool, url } = await operatorDatabase()
  const owner = createPool({ url, role: null, name: 'test', log: pino({ enabled: false }) })
  onTestFinished(() => owner.end())
  await owner.query('vacuum analyze vouchers')
  const rows = [...generatePeople(60_000, 1)].map(({ voucher, birthDate }) => `${voucher},${birthDate},`)
  // A statement of this pool is ended after ten seconds.
  expect(await run(pool, await file(...rows))).toMatchObject({ new: 60_000 })
})

import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { campaignFile, operatorDatabase, tempFile, testKeys, testLog } from '../../test/setup/operator-database.ts'
import { createPool, type Pool } from '../postgres/pool.ts'
import { BadRowsError } from './bad-rows.ts'
import { createCampaign } from './create-campaign.ts'
import { importSlots } from './import-slots.ts'

const smart = (name: string) =>
  fileURLToPath(new URL(`../../test/data/smart-scheduling-links/${name}`, import.meta.url))
const weeks = ['09', '10', '11', '12', '13'].map((week) => smart(`slots-2021-W${week}.ndjson`))
const everything = [...weeks, smart('$bulk-publish'), smart('schedules.ndjson'), smart('locations.ndjson')]
const header = 'locationId,locationName,address,slotId,startsAt,endsAt,capacity'

const run = (pool: Pool, ...files: string[]) => importSlots({ pool, campaign: 'medics', files, by: 'test' })
const csv = (...rows: string[]) => tempFile('slots.csv', [header, ...rows].join('\r\n'))

/** The bad rows of an import, as `line message`. */
async function badRows(imported: Promise<unknown>): Promise<string[]> {
  const err = await imported.then(
    () => undefined,
    (thrown) => thrown,
  )
  expect(err).toBeInstanceOf(BadRowsError)
  return (err as BadRowsError).rows.map(({ file, line, message }) => `${basename(file)}:${line} ${message}`)
}

test('SMART files, slots before what they refer to: all is there, with the ids and instants of the files', async () => {
  const { pool, read } = await operatorDatabase()
  expect(await run(pool, ...everything)).toEqual({
    locations: { new: 10, changed: 0, same: 0 },
    schedules: { new: 10, changed: 0, same: 0 },
    slots: { new: 300, changed: 0, same: 0 },
    skipped: [smart('$bulk-publish')],
  })
  expect(await read('select count(*) as slots, sum(capacity) as seats, sum(booked) as booked from slots')).toEqual([
    { slots: 300, seats: 30_000, booked: 0 },
  ])
  expect(await read(`select * from slots where id = '20'`)).toMatchObject([
    { schedule_id: '10', location_id: '0', starts_at: Date.parse('2021-03-01T14:00Z'), capacity: 100, blocked: false },
  ])
  expect(await read(`select name, address from locations where id = '0'`)).toEqual([
    { name: 'SMART Vaccine Clinic Boston', address: '123 Summer St, Boston, MA 02114' },
  ])
})

test('importing the same again writes nothing, and clients are told of no change', async () => {
  const { pool, read } = await operatorDatabase()
  await run(pool, ...everything)
  const state = () => read('select catalogue_version, slots_revision from campaigns join writers on campaign_id = id')
  const before = await state()
  expect((await run(pool, ...everything)).slots).toEqual({ new: 0, changed: 0, same: 300 })
  expect(await state()).toEqual(before)
})

test('one bad line among good ones: it is named, and nothing is imported', async () => {
  const { pool, read } = await operatorDatabase()
  const bad = await tempFile('bad.ndjson', '{"resourceType":"Slot","id":"x","schedule":{"reference":"Schedule/10"}\n')
  expect(await badRows(run(pool, ...everything, bad))).toEqual(['bad.ndjson:1 is not the JSON of an object'])
  expect(await read('select from slots union all select from locations')).toEqual([])
})

test('every kind of bad SMART line is named by its line and field', async () => {
  const { pool } = await operatorDatabase()
  const slot = { resourceType: 'Slot', id: 's', schedule: { reference: 'Schedule/10' }, status: 'free' }
  const times = { start: '2026-12-01T00:00:00Z', end: '2026-12-01T01:00:00Z' }
  const lines = [
    { ...slot, ...times, id: 'a b' },
    { ...slot, ...times, start: '2026-02-30T00:00:00Z' },
    { ...slot, ...times, end: times.start },
    { ...slot, ...times, schedule: { reference: 'Location/1' } },
    { ...slot, ...times, extension: [{ url: 'x/slot-capacity', valueInteger: -1 }] },
    { resourceType: 'Patient', id: '1' },
    { resourceType: 'Location', id: '1', name: 'hid\u202eden' },
  ].map((line) => JSON.stringify(line))
  const file = await tempFile('lines.ndjson', [...lines, `{${'x'.repeat(70_000)}`, '[]'].join('\n'))
  expect(await badRows(run(pool, file))).toEqual([
    'lines.ndjson:1 id is not an id: letters, digits and ._~:@+-, at most 128',
    'lines.ndjson:2 start is not an RFC 3339 time with an offset',
    'lines.ndjson:3 end does not lie after start',
    'lines.ndjson:4 schedule is not a reference to a Schedule',
    'lines.ndjson:5 slot-capacity is not a number from 0 to 100000',
    'lines.ndjson:6 resourceType is not Location, Schedule or Slot',
    'lines.ndjson:7 name holds control or invisible characters',
    'lines.ndjson:8 is longer than 65536 characters',
    'lines.ndjson:9 is not the JSON of an object',
  ])
})

test('what a line refers to must be in the files or in the campaign', async () => {
  const { pool } = await operatorDatabase()
  expect((await badRows(run(pool, weeks[4]!)))[0]).toBe(
    'slots-2021-W13.ndjson:1 slot 300 is of schedule 10, which is not known',
  )
  await expect(run(pool, weeks[0]!)).rejects.toMatchObject({ total: 70 })
  expect((await badRows(run(pool, smart('schedules.ndjson'))))[0]).toBe(
    'schedules.ndjson:1 schedule 10 is at location 0, which is not known',
  )
  await run(pool, smart('locations.ndjson'))
  await run(pool, smart('schedules.ndjson'))
  expect((await run(pool, weeks[4]!)).slots.new).toBe(20)
})

test('of many bad rows the first twenty are shown, and each is named to a program', async () => {
  const { pool } = await operatorDatabase()
  const file = await csv(...Array.from({ length: 1_300 }, () => 'shibuya,Shibuya,,,never,never,1'))
  const err = await run(pool, file).catch((thrown) => thrown)
  expect(err).toMatchObject({ total: 1_300 })
  expect(err.rows.map(({ line }: { line: number }) => line)).toEqual(Array.from({ length: 1_300 }, (_, at) => at + 2))
  expect(err.message).toMatch(/^1,300 bad rows, so nothing was imported:\n/)
  expect(err.message.split('\n').length).toBe(1 + 20 + 1)
  expect(err.message).toMatch(/… and 1,280 more \(--json names them\)$/)
})

test('a CSV from a Japanese spreadsheet: cp932, CRLF, local times, no slot ids', async () => {
  const { pool, read } = await operatorDatabase()
  const iconv = await import('iconv-lite')
  const rows = `${header}\r\nshibuya,渋谷会場,"東京都渋谷区\r\n宇田川町1-1",,2026/12/1 9:00,2026/12/1 9:30,１０\r\n`
  const file = await tempFile('slots.csv', iconv.default.encode(rows, 'cp932'))
  await expect(run(pool, file)).rejects.toThrow('address holds control or invisible characters')
  const flat = await tempFile('slots.csv', iconv.default.encode(rows.replace('区\r\n', '区'), 'cp932'))
  await run(pool, flat)
  expect((await run(pool, flat)).slots).toEqual({ new: 0, changed: 0, same: 1 })
  expect(
    await read('select slots.id, starts_at, capacity, name from slots join locations on locations.id = location_id'),
  ).toEqual([
    { id: 'shibuya@20261201T0000Z', starts_at: Date.parse('2026-12-01T09:00+09:00'), capacity: 10, name: '渋谷会場' },
  ])
})

test('rows of one CSV that contradict or repeat each other are named', async () => {
  const { pool } = await operatorDatabase()
  const rows = [
    'shibuya,Shibuya,,s1,2026-12-01T09:00+09:00,2026-12-01T09:30+09:00,10',
    'shibuya,Shinjuku,,s2,2026-12-01T09:00+09:00,2026-12-01T09:30+09:00,10',
    'shibuya,Shibuya,,s1,2026-12-01T10:00+09:00,2026-12-01T10:30+09:00,10',
    'shibuya,Shibuya,s3',
  ]
  const file = await csv(...rows)
  expect(await badRows(run(pool, file))).toEqual([
    `slots.csv:3 location shibuya is described otherwise at ${file}:2`,
    `slots.csv:4 slot s1 stands at ${file}:2 already`,
    'slots.csv:5 has 3 cells instead of 7',
  ])
})

test('a slot that people are booked into keeps its seats, time and place; a free one may change', async () => {
  const { pool, read } = await operatorDatabase()
  const slot = (id: string, start: string, capacity: number) =>
    `shibuya,Shibuya,,${id},2026-12-01T${start}+09:00,2026-12-01T18:00+09:00,${capacity}`
  await run(pool, await csv(slot('held', '09:00', 10), slot('free', '09:00', 10)))
  await pool.query(`update slots set booked = 3, blocked = true where id = 'held'`)
  expect(await badRows(run(pool, await csv(slot('free', '10:00', 1), slot('held', '09:00', 2))))).toEqual([
    'slots.csv:3 slot held has 3 booked, so its capacity cannot be 2',
  ])
  expect(await badRows(run(pool, await csv(slot('held', '10:00', 10))))).toEqual([
    'slots.csv:2 slot held has 3 booked, so its time and location must stay',
  ])
  expect((await run(pool, await csv(slot('free', '10:00', 1), slot('held', '09:00', 3)))).slots).toEqual({
    new: 0,
    changed: 2,
    same: 0,
  })
  expect(await read('select id, capacity, booked, blocked from slots order by id')).toEqual([
    { id: 'free', capacity: 1, booked: 0, blocked: false },
    { id: 'held', capacity: 3, booked: 3, blocked: true },
  ])
})

test('two imports at once: one after the other, each slot once', async () => {
  const { pool, read } = await operatorDatabase()
  const both = await Promise.all([run(pool, ...everything), run(pool, ...everything.toReversed())])
  expect(both.map(({ slots }) => slots.new).toSorted()).toEqual([0, 300])
  expect(await read('select count(*) as slots from slots')).toEqual([{ slots: 300 }])
})

test('an import waits for who holds the campaign before it compares, even if there is nothing to write', async () => {
  const { pool, url } = await operatorDatabase()
  await run(pool, ...everything)
  const holder = await pool.connect()
  await holder.query(`begin; select from campaigns where id = 'medics' for no key update`)
  const hasty = createPool({ url, role: 'junban_operator', name: 'test', log: testLog, lockTimeoutMs: 100 })
  try {
    await expect(run(hasty, ...everything)).rejects.toMatchObject({ code: '55P03' })
  } finally {
    await holder.query('rollback')
    holder.release()
    await hasty.end()
  }
})

test('slots that all change are compared within seconds, though Postgres last saw the campaign without any', async () => {
  const { pool, url } = await operatorDatabase()
  const owner = createPool({ url, role: null, name: 'test', log: testLog })
  onTestFinished(() => owner.end())
  const rows = (capacity: number) =>
    Array.from(
      { length: 20_000 },
      (_, n) => `hall,Hall,,slot-${n},2026-12-01T09:00+09:00,2026-12-01T09:30+09:00,${capacity}`,
    )
  // Statistics as of another campaign's slots.
  await createCampaign({ pool, master: testKeys.master, text: campaignFile({ id: 'first' }), by: 'test' })
  await importSlots({ pool, campaign: 'first', files: [await csv(...rows(1))], by: 'test' })
  await owner.query('vacuum analyze slots')
  await run(pool, await csv(...rows(1)))
  // A statement of this pool is ended after ten seconds.
  expect((await run(pool, await csv(...rows(2)))).slots).toEqual({ new: 0, changed: 20_000, same: 0 })
})

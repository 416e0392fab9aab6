import { expect, test } from 'vitest'
import { campaignFile, operatorDatabase } from '../../test/setup/operator-database.ts'
import { changeCampaign } from './change-campaign.ts'
import { closeCampaign } from './close-campaign.ts'

type Database = Awaited<ReturnType<typeof operatorDatabase>>

/** Long after this test is run. */
const future = {
  opensAt: '2099-12-01T09:00:00+09:00',
  closesAt: '2099-12-31T17:00:00+09:00',
  cohorts: [{ id: 'hospital', opensAt: '2099-12-01T09:00:00+09:00' }],
}

/** The campaign `medics`, which has not opened. */
async function upcoming(): Promise<Database> {
  const database = await operatorDatabase()
  await changeCampaign({ pool: database.pool, text: campaignFile(future), by: 'setup' })
  return database
}

const change = ({ pool }: Database, fields: Record<string, unknown>) =>
  changeCampaign({ pool, text: campaignFile({ ...future, ...fields }), by: 'test' })

const versions = async ({ read }: Database) =>
  (await read('select catalogue_version, register_version from campaigns'))[0]
const lastAudit = async ({ read }: Database) =>
  (await read('select operator, action, detail from audit order by id desc limit 1'))[0]

const hasOpened = ({ read }: Database) => read(`update campaigns set opens_at = now() - interval '1 hour'`)
/** As if somebody had been accepted. */
const hasAccepted = ({ read }: Database) => read(`update lanes set accepted_number = 1 where lane = 'web'`)

test('before the opening everything can be changed, and running APIs are told', async () => {
  const database = await upcoming()
  const before = await versions(database)
  const { changes } = await change(database, {
    eligibility: 'anyone',
    voucherPattern: '^[0-9]{8}$',
    timeZone: 'Asia/Seoul',
    closesAt: '2100-01-31T17:00:00+09:00',
  })
  expect(Object.keys(changes).toSorted()).toEqual(['closesAt', 'eligibility', 'timeZone', 'voucherPattern'])
  expect(
    await database.read('select eligibility, voucher_pattern, time_zone, closes_at, opens_at from campaigns'),
  ).toEqual([
    {
      eligibility: 'anyone',
      voucher_pattern: '^[0-9]{8}$',
      time_zone: 'Asia/Seoul',
      closes_at: Date.parse('2100-01-31T08:00Z'),
      opens_at: Date.parse('2099-12-01T00:00Z'),
    },
  ])
  expect((await versions(database))!.catalogue_version).toBeGreaterThan(before!.catalogue_version)
  expect(await lastAudit(database)).toEqual({
    operator: 'test',
    action: 'campaign.change',
    detail: expect.objectContaining({ eligibility: { from: 'register', to: 'anyone' } }),
  })
})

test('the same file again, and the same times in another zone, change nothing and leave no trace', async () => {
  const database = await upcoming()
  const before = await versions(database)
  expect(
    await change(database, {
      opensAt: '2099-12-01T00:00:00Z',
      cohorts: [{ id: 'hospital', opensAt: '2099-12-01T00:00:00Z' }],
    }),
  ).toEqual({ id: 'medics', changes: {} })
  expect(await versions(database)).toEqual(before)
  expect(await lastAudit(database)).toMatchObject({ operator: 'setup' })
})

test('who may book and with which voucher stays once it has opened: each is refused with its own line, and nothing is changed', async () => {
  const database = await upcoming()
  await hasOpened(database)
  const before = await database.read('select campaigns::text from campaigns')
  await expect(
    change(database, { eligibility: 'anyone', voucherPattern: '^[0-9]{8}$', name: { en: 'Doctors' } }),
  ).rejects.toMatchObject({
    name: 'UserError',
    message:
      'eligibility: cannot be changed any more, because medics has opened\n' +
      'voucherPattern: cannot be changed any more, because medics has opened',
  })
  expect(await database.read('select campaigns::text from campaigns')).toEqual(before)
})

test('the time zone stays once somebody was accepted, and can still be changed before', async () => {
  const database = await upcoming()
  await hasOpened(database)
  const opensAt = new Date((await database.read('select opens_at from campaigns'))[0]!.opens_at).toISOString()
  await change(database, { opensAt, timeZone: 'Asia/Seoul' })
  await hasAccepted(database)
  await expect(change(database, { opensAt, timeZone: 'Asia/Tokyo' })).rejects.toThrow(
    'timeZone: cannot be changed any more, because 1 request was accepted',
  )
})

test('cohorts come, move and go, and registers in memory are read anew; one that people are in stays', async () => {
  const database = await upcoming()
  const { read } = database
  const before = await versions(database)
  await change(database, {
    cohorts: [
      { id: 'hospital', opensAt: '2099-12-02T09:00:00+09:00' },
      { id: 'clinic', opensAt: '2099-12-03T09:00:00+09:00' },
    ],
  })
  expect(await read('select id, opens_at from cohorts order by id')).toEqual([
    { id: 'clinic', opens_at: Date.parse('2099-12-03T00:00Z') },
    { id: 'hospital', opens_at: Date.parse('2099-12-02T00:00Z') },
  ])
  expect((await versions(database))!.register_version).toBe(before!.register_version + 1)
  await read(
    `insert into vouchers (campaign_id, fingerprint, voucher_key, cohort_id)
     values ('medics', decode(repeat('00', 16), 'hex'), decode(repeat('00', 16), 'hex'), 'clinic')`,
  )
  await expect(change(database, { cohorts: [] })).rejects.toThrow(
    /^cohorts: clinic cannot go, because 1 voucher is in it$/,
  )
  await read('delete from vouchers')
  await change(database, { cohorts: [] })
  expect(await read('select id from cohorts')).toEqual([])
})

test('a closing that lies in the past is refused, and says how to close', async () => {
  const database = await upcoming()
  await expect(change(database, { opensAt: '2020-01-01T00:00:00Z', closesAt: '2020-01-02T00:00:00Z' })).rejects.toThrow(
    'closesAt: lies in the past; `junban campaign close medics` closes it now',
  )
})

test('an open campaign is closed now, once; one that has not opened is not', async () => {
  const database = await upcoming()
  const { pool, read } = database
  const close = () => closeCampaign({ pool, campaign: 'medics', by: 'test' })
  await expect(close()).rejects.toThrow('medics opens at 2099-12-01T09:00:00+09:00: change its times instead')
  await hasOpened(database)
  const { closesAt } = await close()
  expect(await read('select closes_at, closes_at <= clock_timestamp() as closed from campaigns')).toEqual([
    { closes_at: Date.parse(closesAt), closed: true },
  ])
  expect(await lastAudit(database)).toMatchObject({ action: 'campaign.close', detail: { to: closesAt } })
  await expect(close()).rejects.toThrow(`medics closed at ${closesAt}`)
  await expect(closeCampaign({ pool, campaign: 'nowhere', by: 'test' })).rejects.toThrow('there is no campaign nowhere')
})

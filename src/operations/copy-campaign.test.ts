import { expect, test } from 'vitest'
import { operatorDatabase, tempFile, testKeys } from '../../test/setup/operator-database.ts'
import { unwrapDataKey } from '../privacy/data-keys.ts'
import { copyCampaign } from './copy-campaign.ts'
import { importSlots } from './import-slots.ts'

type Database = Awaited<ReturnType<typeof operatorDatabase>>

/** The campaign `medics` with two slots, of which one has an id of its own, somebody in it, and a voucher. */
async function fullCampaign(zone = 'Asia/Tokyo'): Promise<Database> {
  const database = await operatorDatabase()
  const { pool, read } = database
  await read(`update campaigns set time_zone = '${zone}'`)
  const file = await tempFile(
    'slots.csv',
    'locationId,locationName,address,slotId,startsAt,endsAt,capacity\n' +
      'shibuya,渋谷会場,1 Street,,2026-12-02T00:00Z,2026-12-02T00:30Z,10\n' +
      'shibuya,渋谷会場,1 Street,own,2026-12-03T00:00Z,2026-12-03T00:30Z,5\n',
  )
  await importSlots({ pool, campaign: 'medics', files: [file], by: 'test' })
  await read(`
    update slots set booked = 3, blocked = true where id = 'own';
    update lanes set accepted_number = 7;
    insert into vouchers (campaign_id, fingerprint, voucher_key)
    values ('medics', decode(repeat('00', 16), 'hex'), decode(repeat('00', 16), 'hex'))`)
  return database
}

const copy = ({ pool }: Database, options: Partial<Parameters<typeof copyCampaign>[0]> = {}) =>
  copyCampaign({ pool, master: testKeys.master, from: 'medics', to: 'spring', by: 'test', ...options })

test('a copy has the rules and the places, a key of its own, and nobody’s voucher, seat or number', async () => {
  const database = await fullCampaign()
  const { read } = database
  expect(await copy(database, { slotsByDays: 30 })).toMatchObject({ locations: 1, schedules: 1, slots: 2 })
  expect(
    await read(`
      select eligibility, voucher_pattern, time_zone, opens_at, closes_at,
             (select count(*) from vouchers where campaign_id = 'spring') as vouchers,
             (select sum(accepted_number)::int from lanes where campaign_id = 'spring') as accepted
        from campaigns where id = 'spring'`),
  ).toEqual([
    {
      eligibility: 'register',
      voucher_pattern: '^[0-9]{10}$',
      time_zone: 'Asia/Tokyo',
      opens_at: Date.parse('2026-12-31T00:00Z'),
      closes_at: Date.parse('2027-01-30T08:00Z'),
      vouchers: 0,
      accepted: 0,
    },
  ])
  expect(await read(`select id, opens_at from cohorts where campaign_id = 'spring'`)).toEqual([
    { id: 'hospital', opens_at: Date.parse('2026-12-31T00:00Z') },
  ])
  expect(
    await read(
      `select id, starts_at, ends_at, capacity, booked, blocked from slots where campaign_id = 'spring' order by starts_at`,
    ),
  ).toEqual([
    {
      id: 'shibuya@20270101T0000Z',
      starts_at: Date.parse('2027-01-01T00:00Z'),
      ends_at: Date.parse('2027-01-01T00:30Z'),
      capacity: 10,
      booked: 0,
      blocked: false,
    },
    {
      id: 'own',
      starts_at: Date.parse('2027-01-02T00:00Z'),
      ends_at: Date.parse('2027-01-02T00:30Z'),
      capacity: 5,
      booked: 0,
      blocked: true,
    },
  ])
  const keys = await read(
    'select campaign_id, key_id as "keyId", master_key_id as "masterKeyId", wrapped from campaign_keys order by 1',
  )
  const [medics, spring] = keys.map((key) => unwrapDataKey(key.campaign_id, key, testKeys.master).secret.export())
  expect(spring).not.toEqual(medics)
  expect(await read(`select action, detail from audit where campaign_id = 'spring'`)).toEqual([
    { action: 'campaign.copy', detail: { eligibility: 'register', cohorts: 1, from: 'medics' } },
  ])
})

test('a new opening takes closing and cohorts along; without slots none come', async () => {
  const database = await fullCampaign()
  await copy(database, { opensAt: '2027-03-01 09:00' })
  expect(
    await database.read(`
      select campaigns.opens_at, closes_at, cohorts.opens_at as cohort_opens_at,
             (select count(*) from slots where campaign_id = 'spring') as slots
        from campaigns join cohorts on campaign_id = campaigns.id where campaigns.id = 'spring'`),
  ).toEqual([
    {
      opens_at: Date.parse('2027-03-01T00:00Z'),
      closes_at: Date.parse('2027-03-31T08:00Z'),
      cohort_opens_at: Date.parse('2027-03-01T00:00Z'),
      slots: 0,
    },
  ])
})

test('where summer time begins in between, a slot stays at its hour and as long as it was', async () => {
  const database = await fullCampaign('Europe/Berlin')
  await copy(database, { slotsByDays: 150 })
  expect(
    await database.read(`
      select to_char(starts_at at time zone 'Europe/Berlin', 'YYYY-MM-DD HH24:MI') as starts,
             extract(epoch from ends_at - starts_at)::int as seconds
        from slots where campaign_id = 'spring' order by 1`),
  ).toEqual([
    { starts: '2027-05-01 01:00', seconds: 1_800 },
    { starts: '2027-05-02 01:00', seconds: 1_800 },
  ])
})

test.each([
  ['an id that is taken', { to: 'medics' }, 'campaign medics exists already'],
  ['no id', { to: 'No id' }, 'id: is not a campaign id: a-z, 0-9 and "-", at most 63'],
  ['a campaign that is not there', { from: 'nowhere' }, 'there is no campaign nowhere'],
  ['a closing before the opening', { closesAt: '2026-11-01T00:00Z' }, 'closesAt: does not lie after `opensAt`'],
  ['no time', { opensAt: 'soon' }, '--opens-at is not a time, as 2026-12-01T09:00:00+09:00 or 2026-12-01 09:00'],
])('%s is refused, and nothing is left behind', async (_, options, message) => {
  const database = await fullCampaign()
  await expect(copy(database, options)).rejects.toMatchObject({ name: 'UserError', message })
  expect(await database.read('select id from campaigns')).toEqual([{ id: 'medics' }])
})

import { expect, test } from 'vitest'
import { decidedPeople } from '../../test/setup/decided-people.ts'
import { testKeys } from '../../test/setup/operator-database.ts'
import { maxLooksPerDay } from './note-looks.ts'
import { readRoster } from './read-roster.ts'

type People = Awaited<ReturnType<typeof decidedPeople>>

const day = { campaign: 'medics', location: 'hall', date: '2026-12-01' }
const rosterOf = ({ operator: pool }: People, fields: Partial<typeof day> & { by?: string } = {}) =>
  readRoster({ pool, master: testKeys.master, by: 'tanaka', ...day, ...fields })
const looks = `select operator, campaign_id as campaign, subject, detail from audit where action = 'person.look' order by id`

test('a roster names who is expected there on that day, and each of them is a look that the audit holds', async () => {
  const people = await decidedPeople()
  // 00:30 UTC is 09:30 in Tokyo; 15:30 UTC is the day after there.
  await people.owner.query(`
    insert into slots (campaign_id, id, schedule_id, location_id, starts_at, ends_at, capacity)
    values ('medics', 'late', 'hall', 'hall', '2026-12-01T15:30:00Z', '2026-12-01T16:00:00Z', 10)`)
  const first = await people.decide({ name: '山田 花子', phone: '+81312345678' })
  const second = await people.decide({})
  const moved = await people.decide({ name: 'Late' })
  await people.owner.query(`update reservations set slot_ids = '{late}' where id = '${moved}'`)
  await people.decide({ name: 'Rejected' }, { status: 'rejected' })

  const roster = await rosterOf(people)
  const expected = { slotId: 'hall-1', startsAt: '2026-12-01T09:00:00+09:00', dose: 1 }
  const person = { voucher: '0123456789', birthDate: '1980-01-02' }
  expect(roster).toEqual({
    ...day,
    expected: [
      { ...expected, reservationId: first, who: { ...person, person: { name: '山田 花子', phone: '+81312345678' } } },
      { ...expected, reservationId: second, who: { ...person, person: {} } },
    ],
  })
  const noted = { operator: 'tanaka', campaign: 'medics', detail: { roster: 'hall', date: '2026-12-01' } }
  expect(await people.read(looks)).toEqual([first, second].map((subject) => ({ ...noted, subject })))

  expect((await rosterOf(people, { date: '2026-12-02' })).expected.map(({ reservationId }) => reservationId)).toEqual([
    moved,
  ])
  expect((await rosterOf(people, { date: '2026-12-03' })).expected).toEqual([])
})

test('past the budget of the day nobody is seen and nothing is noted; another operator, and the next day, have their own', async () => {
  const people = await decidedPeople()
  await people.decide({ name: 'Hanako' })
  const earlier = (days: number) => `
    insert into audit (operator, action, campaign_id, at)
    select 'tanaka', 'person.look', 'medics', date_trunc('day', now(), 'UTC') - interval '${days} days'
      from generate_series(1, ${maxLooksPerDay})`
  await people.operator.query(earlier(1))
  expect((await rosterOf(people)).expected).toHaveLength(1)
  await people.operator.query(earlier(0))
  const before = await people.read('select count(*) as rows from audit')
  await expect(rosterOf(people)).rejects.toMatchObject({ type: 'too-many-requests' })
  expect(await people.read('select count(*) as rows from audit')).toEqual(before)
  expect((await rosterOf(people, { by: 'suzuki' })).expected).toHaveLength(1)
})

test('who cannot be opened is expected all the same: a box moved from another row, and people who were erased', async () => {
  const people = await decidedPeople()
  await people.decide({ name: 'Moved' }, { broken: true })
  await people.decide({ name: 'Hanako' })
  const names = async () => (await rosterOf(people)).expected.map(({ who }) => who?.person?.name ?? null)
  expect(await names()).toEqual([null, 'Hanako'])
  await people.operator.query(`update campaign_keys set wrapped = null, erased_at = now()`)
  expect(await names()).toEqual([null, null])
})

test('a campaign, location or day that is none, and keys of another installation, are said in a line', async () => {
  const people = await decidedPeople()
  await people.decide({})
  await expect(rosterOf(people, { campaign: 'nowhere' })).rejects.toThrow('there is no campaign nowhere')
  await expect(rosterOf(people, { location: 'east' })).rejects.toThrow('medics has no location east')
  await expect(rosterOf(people, { date: '2026-02-30' })).rejects.toThrow('date: is not a day of the calendar')
  const other = { id: 'm1', secret: Buffer.alloc(32, 9) }
  await expect(readRoster({ pool: people.operator, master: [other], by: 'tanaka', ...day })).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('JUNBAN_MASTER_KEYS is another'),
  })
})

import { beforeEach, expect, test } from 'vitest'
import { ask, decidingDatabase } from '../../test/setup/deciding.ts'
import type { BookRequest } from '../domain/batch.ts'
import type { Choice } from '../domain/choice.ts'

let database: Awaited<ReturnType<typeof decidingDatabase>>
beforeEach(async () => {
  database = await decidingDatabase()
})

const gap = { min: 21, max: 28 }
const firstDay = Temporal.PlainDate.from('2026-12-01')
const dayAt = (days: number) => firstDay.add({ days }).toString()

/** Two doses, at one location each; slots on days 0 to 13 and 21 to 34 at `east` and `west`, two a day. */
async function offer(capacity: (days: number) => number) {
  await database.read(`
    update campaigns set doses = '${JSON.stringify({ count: 2, gapDays: gap, sameLocation: true })}';
    insert into locations (campaign_id, id, name) values ('medics', 'west', 'West');
    insert into schedules (campaign_id, id, location_id) values ('medics', 'west', 'west')`)
  const rows = Array.from({ length: 35 }, (_, days) => days)
    .filter((days) => days < 14 || days >= 21)
    .flatMap((days) =>
      ['east', 'west'].flatMap((place) =>
        ['09', '15'].map(
          (hour) =>
            `('medics', '${place}-${days}-${hour}', '${place}', '${place}', '${dayAt(days)} ${hour}:00+09', '${dayAt(days)} ${hour}:10+09', ${capacity(days)})`,
        ),
      ),
    )
  await database.read(
    `insert into slots (campaign_id, id, schedule_id, location_id, starts_at, ends_at, capacity) values ${rows.join()}`,
  )
}

async function decideAll(requests: BookRequest[]) {
  for (let at = 0; at < requests.length; at += 500) await database.append(requests.slice(at, at + 500))
  await database.decideAll(database.newAllocator())
}

/** What must hold of every series, whoever got one. */
async function expectWhole() {
  expect(
    await database.read(`
      select status, count(*)::int as people, min(held)::int, max(held)::int
        from reservations
       cross join lateral (select count(*) as held from appointments where reservation_id = reservations.id) seats
       group by status having min(held) <> max(held) or max(held) <> case status when 'booked' then 2 else 0 end`),
  ).toEqual([])
  expect(
    await database.read(`
      select reservation_id
        from appointments one join slots first on first.campaign_id = one.campaign_id and first.id = one.slot_id
        join appointments two using (reservation_id) join slots second on second.campaign_id = two.campaign_id and second.id = two.slot_id
       where one.dose = 1 and two.dose = 2
         and (first.location_id <> second.location_id
              or (second.starts_at at time zone 'Asia/Tokyo')::date - (first.starts_at at time zone 'Asia/Tokyo')::date
                 not between ${gap.min} and ${gap.max})`),
  ).toEqual([])
  expect(
    await database.read(`
      select id from slots left join (select slot_id, count(*) as held from appointments group by slot_id) seats on slot_id = slots.id
       where booked <> coalesce(held, 0) or booked > capacity`),
  ).toEqual([])
}

test('10,000 ask for any series where there are 2,800: those who came first have both doses, the others none, and no seat is left', async () => {
  await offer(() => 50)
  const anywhere: Choice = { locationIds: ['east', 'west'], from: dayAt(0), to: dayAt(13) }
  const people = Array.from({ length: 10_000 }, () => ask([anywhere]))
  await decideAll(people)
  await expectWhole()
  expect(
    await database.read(`select count(*)::int from reservations where status = 'booked' and queue_number <= 2800`),
  ).toEqual([{ count: 2_800 }])
  expect(await database.read('select sum(capacity - booked)::int as free from slots')).toEqual([{ free: 0 }])
})

test('10,000 ask for days and slots of their own, of a capacity that does not match: nobody is denied a series that is there', async ({
  annotate,
}) => {
  await offer((days) => (days < 14 ? 30 + ((days * 7) % 20) : 15 + ((days * 11) % 45)))
  const people = Array.from({ length: 10_000 }, (_, n) => {
    const place = n % 2 ? 'east' : 'west'
    const [from, days] = [(n * 5) % 14, n % 4]
    const range: Choice = {
      locationIds: n % 3 ? [place] : ['west', 'east'],
      from: dayAt(from),
      to: dayAt(Math.min(13, from + days)),
    }
    return ask(n % 5 ? [range] : [{ slotId: `${place}-${(n * 3) % 14}-09` }, range])
  })
  await decideAll(people)
  await expectWhole()
  const slots = (await database.read(`
    select id, location_id, (starts_at at time zone 'Asia/Tokyo')::date - '2026-12-01'::date as day, capacity - booked as free from slots`)) as {
    id: string
    location_id: string
    day: number
    free: number
  }[]
  const open = slots.filter(({ free }) => free > 0)
  const canBegin = open.filter((first) =>
    open.some(
      ({ location_id, day }) =>
        location_id === first.location_id && day - first.day >= gap.min && day - first.day <= gap.max,
    ),
  )
  const denied = new Set(
    (await database.read(`select id from reservations where status = 'rejected'`)).map(({ id }) => id),
  )
  const wronged = people.filter(
    ({ id, choices }) =>
      denied.has(id) &&
      choices.some((choice) =>
        canBegin.some(({ id: slot, location_id, day }) =>
          'slotId' in choice
            ? choice.slotId === slot
            : choice.locationIds.includes(location_id) && choice.from <= dayAt(day) && dayAt(day) <= choice.to,
        ),
      ),
  )
  expect(wronged).toEqual([])
  const [{ taken, seats }] = (await database.read(
    'select sum(booked)::int as taken, sum(capacity)::int as seats from slots',
  )) as [{ taken: number; seats: number }]
  await annotate(`${taken} of ${seats} seats taken, ${10_000 - denied.size} series`)
  expect(taken).toBe(2 * (10_000 - denied.size))
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bodyOf, bookAccepted } from './book.ts'
import { untilDecided } from './decided.ts'
import { getJson } from './send.ts'
import { startStack } from './stack.ts'
import { until } from './until.ts'

const folder = join(import.meta.dirname, '../data/smart-scheduling-links')
const weeks = ['09', '10', '11', '12', '13'].map((week) => join(folder, `slots-2021-W${week}.ndjson`))
const files = [join(folder, 'locations.ndjson'), join(folder, 'schedules.ndjson'), ...weeks]

type Slot = { id: string; locationId: string; startsAt: string; endsAt: string; capacity: number; free: number }
type FileSlot = { id: string; schedule: { reference: string }; status: string; start: string; end: string }

const lines = <T>(file: string): T[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

/** What the files say, read by another hand than the importer's. */
const locationOf = new Map(
  lines<{ id: string; actor: { reference: string }[] }>(files[1]!).map(({ id, actor }) => [
    `Schedule/${id}`,
    actor[0]!.reference.replace('Location/', ''),
  ]),
)
const published = weeks.flatMap((week) => lines<FileSlot>(week))
const dayInBoston = (instant: string) => new Date(instant).toLocaleDateString('sv-SE', { timeZone: 'America/New_York' })

test('a SMART Scheduling Links publication is imported, listed with its FHIR ids, filtered, and booked', async () => {
  const stack = await startStack()
  await stack.addCampaign({ id: 'boston', slots: files, fields: { timeZone: 'America/New_York' } })
  const api = stack.apis[0]!
  async function list(query: string): Promise<Slot[]> {
    const slots: Slot[] = []
    for (let after = ''; ; ) {
      const page = await getJson<{ slots: Slot[]; next: string | null }>(
        `${api.url}/v1/campaigns/boston/slots?${query}${after}`,
      )
      slots.push(...page.slots)
      if (page.next === null) return slots
      after = `&after=${encodeURIComponent(page.next)}`
    }
  }

  const all = await list('limit=70')
  expect(all.map(({ id }) => id).toSorted()).toEqual(published.map(({ id }) => id).toSorted())
  for (const { id, schedule, status, start, end } of published) {
    const slot = all.find((one) => one.id === id)!
    expect([Date.parse(slot.startsAt), Date.parse(slot.endsAt), slot.locationId]).toEqual([
      Date.parse(start),
      Date.parse(end),
      locationOf.get(schedule.reference),
    ])
    expect(slot.free).toBe(status === 'free' ? slot.capacity : 0)
  }
  // The campaign's own offset.
  expect(all.find(({ id }) => id === '20')).toMatchObject({ startsAt: '2021-03-01T09:00:00-05:00', capacity: 100 })

  const ids = (slots: { id: string }[]) => slots.map(({ id }) => id).toSorted()
  const at = (location: string) => published.filter(({ schedule }) => locationOf.get(schedule.reference) === location)
  expect(ids(await list('limit=1000&locationId=3'))).toEqual(ids(at('3')))
  const day = dayInBoston(published[100]!.start)
  const thatDay = published.filter(({ start }) => dayInBoston(start) === day)
  expect(ids(await list(`limit=1000&date=${day}`))).toEqual(ids(thatDay))
  expect(ids(await list(`limit=1000&date=${day}&locationId=3`))).toEqual(
    ids(thatDay.filter(({ schedule }) => locationOf.get(schedule.reference) === '3')),
  )
  expect(ids(await list('limit=1000&free=true'))).toEqual(ids(published.filter(({ status }) => status === 'free')))
  expect(ids(await list('limit=1000&free=false'))).toEqual(ids(published.filter(({ status }) => status !== 'free')))

  // By its id, and by a range: the earliest at the first location that has one, by the campaign's days.
  const byId = await bookAccepted(api, 'boston', bodyOf(1, '20'))
  const range = { locationIds: ['5', '3'], from: day, to: '2021-12-31' }
  const byRange = await bookAccepted(api, 'boston', bodyOf(2, range))
  const earliest = ['5', '3']
    .flatMap((location, place) => at(location).map((slot) => ({ ...slot, place })))
    .filter(({ start, status }) => status === 'free' && dayInBoston(start) >= day)
    .toSorted((a, b) => Date.parse(a.start) - Date.parse(b.start) || a.place - b.place || (a.id < b.id ? -1 : 1))[0]!
  const seen = await untilDecided(api, 'boston', [byId, byRange])
  expect(seen).toMatchObject([
    { status: 'booked', appointments: [{ dose: 1, slotId: '20', startsAt: '2021-03-01T09:00:00-05:00' }] },
    { status: 'booked', appointments: [{ dose: 1, slotId: earliest.id }] },
  ])
  expect(await stack.read('select id, booked from slots where booked > 0 order by id')).toEqual(
    ['20', earliest.id].toSorted().map((id) => ({ id, booked: 1 })),
  )
  await until('the seat is gone for everybody', async () =>
    (await list('limit=1000&date=2021-03-01')).some(({ id, free }) => id === '20' && free === 99),
  )
})

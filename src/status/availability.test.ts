import { afterEach, expect, test, vi } from 'vitest'
import { operatorDatabase } from '../../test/setup/operator-database.ts'
import { createAvailability } from './availability.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** The free seats of three slots: one half taken, one sold out, one blocked. `asked`: how often Postgres was. */
async function threeSlots() {
  const { pool, read } = await operatorDatabase()
  await read(`
    insert into locations (campaign_id, id, name) values ('medics', 'east', 'East');
    insert into schedules (campaign_id, id, location_id) values ('medics', 'east', 'east');
    insert into slots (campaign_id, id, schedule_id, location_id, starts_at, ends_at, capacity, booked, blocked)
    select 'medics', id, 'east', 'east', '2026-12-01T00:00Z', '2026-12-01T00:30Z', 10, booked, blocked
      from (values ('half', 5, false), ('full', 10, false), ('blocked', 0, true)) as slot (id, booked, blocked)`)
  const state = { asked: 0, away: false }
  const availability = createAvailability({
    pool,
    askPostgres: (work) => {
      state.asked += 1
      return state.away ? Promise.reject(new Error('postgres is away')) : work()
    },
  })
  return { state, availability, read }
}
const free = (half: number) =>
  new Map([
    ['half', half],
    ['full', 0],
    ['blocked', 0],
  ])

test('free seats are the capacity less what is booked; a blocked slot has none', async () => {
  const { availability } = await threeSlots()
  expect((await availability('medics'))?.free).toEqual(free(5))
  expect((await availability('unknown'))?.free).toEqual(new Map())
})

test('a storm of readers is one question a second, and a second later the answer is fresh', async () => {
  const { state, availability, read } = await threeSlots()
  vi.useFakeTimers({ toFake: ['performance'] })
  const storm = () => Promise.all(Array.from({ length: 1_000 }, () => availability('medics')))
  await storm()
  expect(state.asked).toBe(1)
  await read(`update slots set booked = 6 where id = 'half'`)
  vi.advanceTimersByTime(999)
  expect((await storm())[999]?.free).toEqual(free(5))
  expect(state.asked).toBe(1)
  vi.advanceTimersByTime(1)
  expect((await storm())[999]?.free).toEqual(free(4))
  expect(state.asked).toBe(2)
})

test('while Postgres is away the last that was known is given, and nothing when nothing is', async () => {
  const { state, availability } = await threeSlots()
  vi.useFakeTimers({ toFake: ['performance'] })
  state.away = true
  expect(await availability('medics')).toBeNull()
  state.away = false
  expect((await availability('medics'))?.free).toEqual(free(5))
  state.away = true
  vi.advanceTimersByTime(3_600_000)
  expect((await availability('medics'))?.free).toEqual(free(5))
  expect(state.asked).toBe(3)
})

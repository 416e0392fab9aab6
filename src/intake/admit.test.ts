import { expect, test } from 'vitest'
import type { Campaign, Slot } from '../status/catalogue.ts'
import { checkChoices, checkOpen, checkVoucherForm } from './admit.ts'

const at = (time: string) => Date.parse(time)
const opensAt = at('2026-12-01T09:00:00+09:00')
const closesAt = at('2026-12-31T17:00:00+09:00')
const hour = 3_600_000

const campaign: Campaign = {
  id: 'medics',
  name: { en: 'Medics' },
  timeZone: 'Asia/Tokyo',
  opensAt,
  closesAt,
  eligibility: 'register',
  voucherPattern: /^[0-9]{10}$/u,
  mode: 'queue',
  doses: null,
  catalogueVersion: 1,
  cohorts: [
    { id: 'agency', opensAt: opensAt + 24 * hour },
    { id: 'hospital', opensAt: opensAt - 24 * hour },
  ],
  locations: new Map(['east', 'west'].map((id) => [id, { id, name: id, address: null }])),
  slots: new Map([['one', { id: 'one' } as Slot]]),
  dataKeys: [],
}

/** What a check throws, as a client is told it. */
function problemOf(check: () => void) {
  try {
    check()
  } catch (err) {
    const { type, message, fields, retryAfterSeconds } = err as Record<string, unknown>
    return { type, message, fields, retryAfterSeconds }
  }
  return null
}

test('a voucher of the campaign’s form passes; another is refused by its field, and not repeated', () => {
  expect(problemOf(() => checkVoucherForm(campaign, '0123456789'))).toBeNull()
  for (const voucher of ['', '012345678', '01234567890', '012345678x', '0123456789\n']) {
    const problem = problemOf(() => checkVoucherForm(campaign, voucher))
    expect(problem).toMatchObject({
      type: 'invalid-request',
      fields: { errors: [{ path: 'voucher', message: 'does not match ^[0-9]{10}$' }] },
    })
    if (voucher) expect(JSON.stringify(problem)).not.toContain(voucher.trim())
  }
})

test('a campaign takes requests from the millisecond it opens to the one before it closes', () => {
  const isOpen = (now: number) => problemOf(() => checkOpen(campaign, 0, now)) === null
  expect([opensAt - 1, opensAt, closesAt - 1, closesAt].map(isOpen)).toEqual([false, true, true, false])
})

test('before the opening it is said when, in the campaign’s own time, and to come back then, but within the hour', () => {
  expect(problemOf(() => checkOpen(campaign, 0, opensAt - 90_500))).toEqual({
    type: 'not-open',
    message: 'Reservations open at 2026-12-01T09:00:00+09:00.',
    fields: { opensAt: '2026-12-01T09:00:00+09:00' },
    retryAfterSeconds: 91,
  })
  expect(problemOf(() => checkOpen(campaign, 0, opensAt - 100 * hour))?.retryAfterSeconds).toBe(3_600)
})

test('after the end it is said that it is closed', () => {
  expect(problemOf(() => checkOpen(campaign, 0, closesAt))).toMatchObject({
    type: 'not-open',
    message: 'Reservations closed at 2026-12-31T17:00:00+09:00.',
    retryAfterSeconds: 3_600,
  })
})

test('a cohort opens at its own time, though never before its campaign', () => {
  const opening = (cohort: number, now: number) => problemOf(() => checkOpen(campaign, cohort, now))?.fields
  expect(opening(1, opensAt)).toEqual({ opensAt: '2026-12-02T09:00:00+09:00' })
  expect(opening(1, opensAt + 24 * hour)).toBeUndefined()
  expect(opening(2, opensAt - 1)).toEqual({ opensAt: '2026-12-01T09:00:00+09:00' })
  expect(opening(2, opensAt)).toBeUndefined()
})

test('every choice that is not of the campaign is named at once, each by its place', () => {
  expect(
    problemOf(() =>
      checkChoices(campaign, [
        { slotId: 'one' },
        { slotId: 'two' },
        { locationIds: ['east', 'north', 'west', 'south'], from: '2026-12-01', to: '2026-12-01' },
      ]),
    ),
  ).toMatchObject({
    type: 'unknown-choice',
    fields: {
      errors: [
        { path: 'choices.1.slotId', message: 'is not a slot of this campaign' },
        { path: 'choices.2.locationIds.1', message: 'is not a location of this campaign' },
        { path: 'choices.2.locationIds.3', message: 'is not a location of this campaign' },
      ],
    },
  })
  const known = [{ slotId: 'one' }, { locationIds: ['west', 'east'], from: '2026-12-01', to: '2026-12-01' }]
  expect(problemOf(() => checkChoices(campaign, known))).toBeNull()
})

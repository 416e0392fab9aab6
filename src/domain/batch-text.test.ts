import { expect, test } from 'vitest'
import type { Batch, BookRequest } from './batch.ts'
import { batchText, requestsText } from './batch-text.ts'

/** With every field that there is: one that is not written by hand is missed. */
const booking: Required<BookRequest> = {
  id: '4d4e3a52-6b1f-8c38-9a07-2f8c5d1e7b94',
  kind: 'book',
  voucherKey: '0123456789abcdef0123456789abcdef',
  fingerprint: 'fedcba9876543210fedcba9876543210',
  choices: [{ slotId: '渋谷"朝"' }, { locationIds: ['east', 'west'], from: '2026-12-01', to: '2026-12-03' }],
  waitlist: false,
  notify: true,
  box: 'AQAB+/9=',
}

const batch: Batch = {
  id: '0d4e3a52-6b1f-4c38-9a07-2f8c5d1e7b94',
  campaign: 'medics',
  lane: 'web',
  receivedAt: 1_800_000_000_000,
  requests: [
    {
      id: '1d4e3a52-6b1f-4c38-9a07-2f8c5d1e7b94',
      kind: 'cancel',
      reservationId: '2d4e3a52-6b1f-4c38-9a07-2f8c5d1e7b94',
    },
    {
      id: '3d4e3a52-6b1f-4c38-9a07-2f8c5d1e7b94',
      kind: 'move',
      reservationId: '2d4e3a52-6b1f-4c38-9a07-2f8c5d1e7b94',
      choices: [{ slotId: '渋谷"朝"' }],
    },
    booking,
    {
      id: '5d4e3a52-6b1f-4c38-9a07-2f8c5d1e7b94',
      kind: 'slots',
      change: { do: 'unblock', which: { slotIds: ['渋谷"朝"'] } },
    },
  ],
}

test('a batch is written as JSON writes it, the first time and the next', () => {
  for (const _ of [1, 2]) {
    expect(JSON.parse(batchText(batch))).toEqual(batch)
    expect(requestsText(batch)).toBe(JSON.stringify(batch.requests))
  }
})

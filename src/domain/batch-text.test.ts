import { expect, test } from 'vitest'
import type { Batch } from './batch.ts'
import { batchText, requestsText } from './batch-text.ts'

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
  ],
}

test('a batch is written as JSON writes it, the first time and the next', () => {
  for (const _ of [1, 2]) {
    expect(JSON.parse(batchText(batch))).toEqual(batch)
    expect(requestsText(batch)).toBe(JSON.stringify(batch.requests))
  }
})

import type { Lane } from '../domain/lane.ts'
import type { Transaction } from './pool.ts'

/** Keeps a request that cannot be committed for an operator, so that the others can go on. Once, however often it is met. */
export async function insertSetAside(
  tx: Transaction,
  aside: {
    requestId: string
    campaign: string
    lane: Lane
    number: number
    batchId: string
    place: number
    error: string
  },
): Promise<void> {
  await tx.query({
    name: 'set_aside.insert',
    text: `
      insert into set_aside (request_id, campaign_id, lane, number, batch_id, place, error)
      values ($1, $2, $3, $4, $5, $6, $7)
      on conflict (request_id) do nothing`,
    values: [aside.requestId, aside.campaign, aside.lane, aside.number, aside.batchId, aside.place, aside.error],
  })
}

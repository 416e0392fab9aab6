import { texts, uuids } from './binary-arrays.ts'
import type { Transaction } from './pool.ts'

export type OutboxEvent = { reservationId: string; event: string }

/** Notes, in the transaction that made it so, what somebody is to be told. */
export async function insertOutbox(tx: Transaction, campaign: string, events: OutboxEvent[]): Promise<void> {
  await tx.query({
    name: 'outbox.insert',
    text: `
      insert into outbox (campaign_id, reservation_id, event)
      select $1, new.* from unnest($2::uuid[], $3::text[]) as new (reservation_id, event)`,
    values: [
      campaign,
      uuids(events.map(({ reservationId }) => reservationId)),
      texts(events.map(({ event }) => event)),
    ],
  })
}

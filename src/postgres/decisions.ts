import type { CommandKind } from '../domain/command.ts'
import type { Lane } from '../domain/lane.ts'
import { int8s, texts, uuids } from './binary-arrays.ts'
import type { Queryable, Transaction } from './pool.ts'

/** Which of these commands and changes of slots were decided before. Of bookings `readBooked` tells. */
export async function readDecided(tx: Transaction, requestIds: string[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>({
    name: 'decisions.read_decided',
    text: `select request_id as id from decisions where kind <> 'book' and request_id = any($1::uuid[])`,
    values: [uuids(requestIds)],
  })
  return new Set(rows.map(({ id }) => id))
}

/** A campaign's decided bookings, in the order of lane and number: those after one of them. */
export async function readDecidedBookings(
  db: Queryable,
  { campaign, after, limit }: { campaign: string; after: { lane: string; number: number }; limit: number },
): Promise<{ id: string; lane: string; number: number }[]> {
  const { rows } = await db.query({
    name: 'decisions.read_bookings',
    text: `
      select request_id as id, lane, number
        from decisions
       where campaign_id = $1 and (lane, number) > ($2, $3) and kind = 'book'
       order by lane, number
       limit $4`,
    values: [campaign, after.lane, after.number, limit],
  })
  return rows
}

export type NewDecision = {
  requestId: string
  /** Null: of a change of slots. */
  reservationId: string | null
  number: number
  kind: 'book' | CommandKind | 'slots'
  outcome: string
  reason: string | null
}

/**
 * Writes decisions. The unique index `decisions_once_besides_bookings` fails the whole transaction if one of them was made before; a
 * booking's comes with its reservation, whose primary key does.
 */
export async function insertDecisions(
  tx: Transaction,
  {
    campaign,
    lane,
    decidedAt,
    decisions,
  }: { campaign: string; lane: Lane; decidedAt: number; decisions: NewDecision[] },
): Promise<void> {
  await tx.query({
    name: 'decisions.insert',
    text: `
      insert into decisions (campaign_id, lane, decided_at, request_id, reservation_id, number, kind, outcome, reason)
      select $1, $2, $3, new.*
        from unnest($4::uuid[], $5::uuid[], $6::bigint[], $7::text[], $8::text[], $9::text[])
          as new (request_id, reservation_id, number, kind, outcome, reason)`,
    values: [
      campaign,
      lane,
      new Date(decidedAt),
      uuids(decisions.map((decision) => decision.requestId)),
      uuids(decisions.map((decision) => decision.reservationId)),
      int8s(decisions.map((decision) => decision.number)),
      texts(decisions.map((decision) => decision.kind)),
      texts(decisions.map((decision) => decision.outcome)),
      texts(decisions.map((decision) => decision.reason)),
    ],
  })
}

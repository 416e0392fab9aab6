import type { Lane } from '../domain/lane.ts'
import type { Queryable, Transaction } from './pool.ts'

/**
 * Keeps a request that cannot be committed for an operator, so that the others can go on. Once, however often it is met; one that was
 * settled by logging it anew is kept anew.
 */
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
      on conflict (request_id) do update
         set campaign_id = excluded.campaign_id, lane = excluded.lane, number = excluded.number,
             batch_id = excluded.batch_id, place = excluded.place, error = excluded.error,
             set_aside_at = excluded.set_aside_at, settled_at = null,
             earlier_numbers = set_aside.earlier_numbers || set_aside.number
       where set_aside.settled_at is not null`,
    values: [aside.requestId, aside.campaign, aside.lane, aside.number, aside.batchId, aside.place, aside.error],
  })
}

/** A request that waits for an operator. Instants in epoch ms. */
export type SetAside = {
  requestId: string
  campaign: string
  lane: Lane
  number: number
  error: string
  setAsideAt: number
}

/** What waits for an operator, the oldest first: of one campaign, or of all; after one of the list, if that is given. */
export async function listSetAside(
  db: Queryable,
  { campaign, after, limit }: { campaign: string | null; after: string | null; limit: number },
): Promise<SetAside[]> {
  const { rows } = await db.query<SetAside>({
    name: 'set_aside.list',
    text: `
      select request_id as "requestId", campaign_id as campaign, lane, number, error, set_aside_at as "setAsideAt"
        from set_aside
       where settled_at is null and ($1::text is null or campaign_id = $1)
         and ($2::uuid is null
              or (set_aside_at, request_id) > (select set_aside_at, request_id from set_aside where request_id = $2))
       order by set_aside_at, request_id
       limit $3`,
    values: [campaign, after, limit],
  })
  return rows
}

/** A request that was set aside, with the batch in which it stands at `place`. Instants in epoch ms. */
export type SetAsideRequest = {
  campaign: string
  lane: Lane
  number: number
  place: number
  settled: boolean
  now: number
  receivedAt: number
  acceptedAt: number
  /** The batch's requests as JSON; null once the log dropped them. */
  requests: string | null
}

/** Reads it and keeps others from settling it. Null when it was never set aside. */
export async function lockSetAside(tx: Transaction, requestId: string): Promise<SetAsideRequest | null> {
  const { rows } = await tx.query<SetAsideRequest>({
    name: 'set_aside.lock',
    text: `
      select set_aside.campaign_id as campaign, set_aside.lane, number, place, settled_at is not null as settled,
             clock_timestamp() as now, received_at as "receivedAt", accepted_at as "acceptedAt", requests
        from set_aside
        join batches on batches.id = set_aside.batch_id
       where request_id = $1
         for no key update of set_aside`,
    values: [requestId],
  })
  return rows[0] ?? null
}

/** Which campaign a request that was set aside is of; null when it never was. */
export async function findSetAsideCampaign(db: Queryable, requestId: string): Promise<string | null> {
  const { rows } = await db.query<{ campaign: string }>({
    name: 'set_aside.find_campaign',
    text: 'select campaign_id as campaign from set_aside where request_id = $1',
    values: [requestId],
  })
  return rows[0]?.campaign ?? null
}

/** An operator has dealt with it. */
export async function settleSetAside(tx: Transaction, requestId: string): Promise<void> {
  await tx.query({
    name: 'set_aside.settle',
    text: 'update set_aside set settled_at = clock_timestamp() where request_id = $1',
    values: [requestId],
  })
}

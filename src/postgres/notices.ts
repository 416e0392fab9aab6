import type { DecidedStatus, Reason } from '../domain/reservation.ts'
import type { Queryable } from './pool.ts'

export type DueNotice = {
  id: number
  campaign: string
  reservationId: string
  event: string
  /** In epoch ms. */
  createdAt: number
  /** Tries so far, this one included. */
  attempts: number
  /** Channels that have told it, and channels that refused it for good. */
  told: string[]
  refused: string[]
}

/**
 * Takes what is due, longest due first, for `leaseSeconds`: nobody else takes it before. One that is not settled by then, because its
 * notifier died, is due again. Several notifiers pass each other by (`skip locked`).
 */
export async function claimDueNotices(db: Queryable, limit: number, leaseSeconds: number): Promise<DueNotice[]> {
  const { rows } = await db.query<DueNotice>({
    name: 'notices.claim_due',
    text: `
      with due as (
        select id
          from outbox
         where sent_at is null and set_aside_at is null and next_at <= clock_timestamp()
         order by next_at
         limit $1
           for update skip locked
      )
      update outbox
         set attempts = least(attempts + 1, 32767), next_at = clock_timestamp() + make_interval(secs => $2)
        from due
       where outbox.id = due.id
      returning outbox.id, campaign_id as campaign, reservation_id as "reservationId", event, created_at as "createdAt", attempts,
                told, refused`,
    values: [limit, leaseSeconds],
  })
  return rows
}

/** A reservation as it is told. Instants in epoch ms. */
export type ToldReservation = {
  id: string
  campaign: string
  campaignName: { ja?: string; en?: string }
  timeZone: string
  queueNumber: number
  status: DecidedStatus
  reason: Reason | null
  /** Sealed; null once it was erased. */
  box: Buffer | null
  appointments: {
    dose: number
    slotId: string
    startsAt: number
    endsAt: number
    location: { name: string; address: string | null }
  }[]
}

/** Reservations of which something was claimed to be told, by id: row-level security hides all others from this role. */
export async function readToldReservations(db: Queryable, ids: string[]): Promise<Map<string, ToldReservation>> {
  const { rows } = await db.query<ToldReservation>({
    name: 'notices.read_reservations',
    text: `
      select reservations.id, campaigns.id as campaign, campaigns.name as "campaignName", time_zone as "timeZone",
             queue_number as "queueNumber", status, reason, box,
             coalesce((select json_agg(json_build_object(
                                'dose', dose, 'slotId', slot_id,
                                'startsAt', extract(epoch from starts_at)::float8 * 1000,
                                'endsAt', extract(epoch from ends_at)::float8 * 1000,
                                'location', json_build_object('name', locations.name, 'address', address)) order by dose)
                         from unnest(slot_ids) with ordinality as held (slot_id, dose)
                         join slots on slots.campaign_id = reservations.campaign_id and slots.id = slot_id
                         join locations on locations.campaign_id = slots.campaign_id and locations.id = location_id), '[]') as appointments
        from reservations
        join campaigns on campaigns.id = reservations.campaign_id
       where reservations.id = any($1)`,
    values: [ids],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

export type WrappedCampaignKey = { campaign: string; keyId: number; masterKeyId: string; wrapped: Buffer }

/** The data keys of campaigns, still wrapped, newest first. Erased ones are not among them. */
export async function readWrappedKeys(db: Queryable, campaigns: string[]): Promise<WrappedCampaignKey[]> {
  const { rows } = await db.query<WrappedCampaignKey>({
    name: 'notices.read_wrapped_keys',
    text: `
      select campaign_id as campaign, key_id as "keyId", master_key_id as "masterKeyId", wrapped
        from campaign_keys
       where campaign_id = any($1) and wrapped is not null
       order by key_id desc`,
    values: [campaigns],
  })
  return rows
}

/** What became of a try. `retryInSeconds` when it is to be tried again; `setAside` says why it is not; neither: it is done. */
export type SettledNotice = {
  id: number
  told: string[]
  refused: string[]
  retryInSeconds: number | null
  setAside: string | null
}

/** Notes what became of what was claimed. */
export async function settleNotices(db: Queryable, settled: SettledNotice[]): Promise<void> {
  await db.query({
    name: 'notices.settle',
    text: `
      update outbox
         set told = string_to_array(settled.told, ','), refused = string_to_array(settled.refused, ','),
             next_at = case when retry_in is null then next_at else clock_timestamp() + make_interval(secs => retry_in) end,
             set_aside_at = case when set_aside is null then null else clock_timestamp() end,
             set_aside_reason = set_aside,
             sent_at = case when retry_in is null and set_aside is null then clock_timestamp() end
        from unnest($1::bigint[], $2::text[], $3::text[], $4::float8[], $5::text[])
          as settled (id, told, refused, retry_in, set_aside)
       where outbox.id = settled.id and sent_at is null`,
    values: [
      settled.map(({ id }) => id),
      settled.map(({ told }) => told.join(',')),
      settled.map(({ refused }) => refused.join(',')),
      settled.map(({ retryInSeconds }) => retryInSeconds),
      settled.map(({ setAside }) => setAside),
    ],
  })
}

export type NoticeDepth = {
  /** To be told, waiting between two tries included. */
  waiting: number
  setAside: number
  /** How long the oldest of those that wait has waited; null when none does. */
  oldestAgeSeconds: number | null
}

/** How much there is to tell. */
export async function readNoticeDepth(db: Queryable): Promise<NoticeDepth> {
  const { rows } = await db.query<NoticeDepth>({
    name: 'notices.read_depth',
    text: `
      select waiting, set_aside as "setAside", age as "oldestAgeSeconds"
        from (select count(*) as waiting, extract(epoch from clock_timestamp() - min(created_at))::float8 as age
                from outbox where sent_at is null and set_aside_at is null) due,
             (select count(*) as set_aside from outbox where set_aside_at is not null) aside`,
  })
  return rows[0]!
}

/** Has what was set aside tried again, from the first attempt. Returns how many. */
export async function retryNotices(db: Queryable): Promise<number> {
  const { rowCount } = await db.query({
    name: 'notices.retry',
    text: `
      update outbox
         set set_aside_at = null, set_aside_reason = null, attempts = 0, refused = '{}', next_at = clock_timestamp()
       where set_aside_at is not null`,
  })
  return rowCount ?? 0
}

/** Deletes what was told longer ago than this, at most `limit` rows, and says how many. What was set aside stays. */
export async function deleteToldNotices(db: Queryable, olderThanSeconds: number, limit: number): Promise<number> {
  const { rowCount } = await db.query({
    name: 'notices.delete_told',
    text: `
      delete from outbox
       where id = any(array(select id from outbox
                             where sent_at < clock_timestamp() - make_interval(secs => $1)
                             order by sent_at
                             limit $2))`,
    values: [olderThanSeconds, limit],
  })
  return rowCount ?? 0
}

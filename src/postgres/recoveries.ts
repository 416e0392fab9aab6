import type { Queryable, Transaction } from './pool.ts'

/**
 * Notes that somebody asked for a lost receipt. The same work whoever asks, and whether or not there is one to be found: the time
 * that it takes says nothing. (`excluded.box` would need a right to read boxes.)
 */
export async function insertRecovery(
  db: Queryable,
  {
    campaign,
    fingerprint,
    voucherKey,
    box,
  }: { campaign: string; fingerprint: string; voucherKey: string; box: string },
): Promise<void> {
  await db.query({
    name: 'recoveries.insert',
    text: `
      insert into recoveries (campaign_id, fingerprint, voucher_key, box)
      values ($1, decode($2, 'hex'), decode($3, 'hex'), decode($4, 'base64'))
      on conflict (campaign_id, fingerprint) do update
         set voucher_key = decode($3, 'hex'), box = decode($4, 'base64'), asked_at = clock_timestamp(), next_at = clock_timestamp(), tries = 0`,
    values: [campaign, fingerprint, voucherKey, box],
  })
}

/** `fingerprint` and `voucherKey` as hex. `tries` so far, this one included. */
export type DueRecovery = {
  campaign: string
  fingerprint: string
  voucherKey: string
  box: Buffer | null
  tries: number
}

/**
 * Takes what is to be looked up, longest due first, for `leaseSeconds`: nobody else takes it before. One that is not settled by then is
 * due again.
 */
export async function claimDueRecoveries(db: Queryable, limit: number, leaseSeconds: number): Promise<DueRecovery[]> {
  const { rows } = await db.query<DueRecovery>({
    name: 'recoveries.claim_due',
    text: `
      with due as (
        select campaign_id, fingerprint
          from recoveries
         where next_at <= clock_timestamp()
         order by next_at
         limit $1
           for update skip locked
      )
      update recoveries
         set tries = least(tries + 1, 32767), next_at = clock_timestamp() + make_interval(secs => $2)
        from due
       where recoveries.campaign_id = due.campaign_id and recoveries.fingerprint = due.fingerprint
      returning recoveries.campaign_id as campaign, encode(recoveries.fingerprint, 'hex') as fingerprint,
                encode(voucher_key, 'hex') as "voucherKey", box, tries`,
    values: [limit, leaseSeconds],
  })
  return rows
}

/** What a look found: the reservation to which a receipt goes, or when to look again; neither: it is done. */
export type SettledRecovery = {
  campaign: string
  fingerprint: string
  reservationId: string | null
  retryInSeconds: number | null
}

/**
 * Notes what looks found, and in the same transaction what is to be told. A reservation is told at most once in `quietSeconds`, however
 * often its receipt is asked for.
 */
export async function settleRecoveries(
  tx: Transaction,
  settled: SettledRecovery[],
  quietSeconds: number,
): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'recoveries.settle',
    text: `
      with settled as (
        select *
          from unnest($1::text[], $2::text[], $3::uuid[], $4::float8[])
            as settled (campaign_id, fingerprint, reservation_id, retry_in)
      ), told as (
        update recoveries
           set told_at = clock_timestamp(), next_at = null, box = null
          from settled
         where recoveries.campaign_id = settled.campaign_id and recoveries.fingerprint = decode(settled.fingerprint, 'hex')
           and settled.reservation_id is not null
           and (told_at is null or told_at < clock_timestamp() - make_interval(secs => $5))
        returning settled.campaign_id, settled.reservation_id
      ), others as (
        update recoveries
           set next_at = clock_timestamp() + make_interval(secs => retry_in), box = case when retry_in is not null then box end
          from settled
         where recoveries.campaign_id = settled.campaign_id and recoveries.fingerprint = decode(settled.fingerprint, 'hex')
           and (settled.reservation_id is null or told_at >= clock_timestamp() - make_interval(secs => $5))
      )
      insert into outbox (campaign_id, reservation_id, event) select campaign_id, reservation_id, 'receipt' from told`,
    values: [
      settled.map(({ campaign }) => campaign),
      settled.map(({ fingerprint }) => fingerprint),
      settled.map(({ reservationId }) => reservationId),
      settled.map(({ retryInSeconds }) => retryInSeconds),
      quietSeconds,
    ],
  })
  return rowCount ?? 0
}

/** Deletes what was asked longer ago than this, at most `limit` rows, and says how many. */
export async function deleteOldRecoveries(db: Queryable, olderThanSeconds: number, limit: number): Promise<number> {
  const { rowCount } = await db.query({
    name: 'recoveries.delete_old',
    text: `
      delete from recoveries
       where (campaign_id, fingerprint) in (
               select campaign_id, fingerprint
                 from recoveries
                where asked_at < clock_timestamp() - make_interval(secs => $1)
                order by asked_at
                limit $2)`,
    values: [olderThanSeconds, limit],
  })
  return rowCount ?? 0
}

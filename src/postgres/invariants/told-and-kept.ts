import { type FindViolations, selectViolations } from './violations.ts'

/** Ids of the ledger that nothing knows: no decision, no reservation, not the log and not the spools. */
export const findUnknownTold: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_unknown_told',
    `
      select min(told.campaign_id) as campaign, min(told.lane) as lane, id, min(queue_number) as number,
             'accepted: in the log, in a spool or decided' as expected, 'unknown; line ' || min(line) || ' of the ledger' as found
        from pg_temp.told
        join pg_temp.told_requests requests using (id)
       where requests.number is null and not decided and not pending and not reserved
       group by id`,
  )

/** Ids of the ledger that are known, neither decided nor waiting, and so never will be. */
export const findUndecidedTold: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_undecided_told',
    `
      select campaign_id as campaign, lane, id, number, 'a decision' as expected,
             case when reserved then 'a reservation without one' else 'logged and served, without one' end as found
        from pg_temp.told_requests
       where not decided and not pending and (number is not null or reserved)`,
  )

/**
 * Numbers told that are not the request's own. One that was sent again is told the number of that time, while the earliest stands.
 * Where the log was emptied or cannot be read, only a number that no batch has is named.
 */
export const findOtherNumbersTold: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_other_numbers_told',
    `
      select campaign, lane, id, queue_number as number,
             'number ' || number || ', or another under which the log holds it' as expected,
             'told ' || queue_number || ' by line ' || line || ' of the ledger' as found
        from (select coalesce(told.campaign_id, requests.campaign_id) as campaign, coalesce(told.lane, requests.lane) as lane, id,
                     queue_number, number, line, decided and coalesce(told.lane, requests.lane) = requests.lane as here
                from pg_temp.told
                join pg_temp.told_requests requests using (id)
               where queue_number is not null and number is not null
                 and (queue_number <> number or told.campaign_id <> requests.campaign_id or told.lane <> requests.lane)) other
        left join lateral (
          select first_number <= queue_number
                 and (requests is null or exists (select from pg_temp.unreadable_batches where batch_id = batches.id)) as unknown
            from batches
           where batches.campaign_id = campaign and batches.lane = other.lane and last_number >= queue_number
           order by last_number limit 1) batch on true
       where here and number > queue_number
          or unknown is not true and not exists (
               select from pg_temp.logged_requests logged
                where logged.request_id = id and logged.number = queue_number
                  and logged.campaign_id = campaign and logged.lane = other.lane)`,
  )

/** Receipts that were given out and are not receipts. */
export const findInvalidReceipts: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_invalid_receipts',
    `
      select requests.campaign_id as campaign, requests.lane, id, requests.number, 'a receipt of this reservation' as expected,
             'one that ' || receipt_fault || ', in line ' || line || ' of the ledger' as found
        from pg_temp.told
        join pg_temp.told_requests requests using (id)
       where receipt_fault is not null`,
  )

/** Receipts that name a place where their request is not. */
export const findMisplacedReceipts: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_misplaced_receipts',
    `
      select told.campaign_id as campaign, told.lane, told.id, requests.number,
             'place ' || told.place || ' of batch ' || told.batch_id || ', by the receipt in line ' || line as expected,
             case when batches.id is null then 'no such batch in the log or the spools'
                  else 'another request there, or none, in ' || batches.campaign_id || ' ' || batches.lane end as found
        from pg_temp.told
        join pg_temp.told_requests requests using (id)
        left join batches on batches.id = told.batch_id
       where told.batch_id is not null
         and (requests.number is not null or decided or pending or reserved)
         and not exists (select from pg_temp.logged_requests logged
                          where logged.request_id = told.id and logged.batch_id = told.batch_id and logged.place = told.place
                            and logged.campaign_id = told.campaign_id and logged.lane = told.lane)
         and not exists (select from pg_temp.spooled_requests spooled
                          where spooled.request_id = told.id and spooled.batch_id = told.batch_id and spooled.place = told.place)
         and not coalesce((batches.campaign_id, batches.lane) = (told.campaign_id, told.lane)
                          and told.place <= last_number - first_number
                          and (requests is null or exists (select from pg_temp.unreadable_batches where batch_id = batches.id)), false)`,
  )

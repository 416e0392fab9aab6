import { type FindViolations, selectViolations } from './violations.ts'

/** Requests with more than one decision. */
export const findDoubledDecisions: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_doubled_decisions',
    `
      select min(campaign_id) as campaign, min(lane) as lane, request_id as id, min(number) as number, 'one decision' as expected,
             count(*) || ': ' || array_to_string((array_agg(concat_ws(' ', lane, number, outcome) order by number))[1:4], ', ') as found
        from decisions
       group by request_id
      having count(*) > 1`,
  )

/** Reservations that were booked by more than one request. */
export const findDoubledBookings: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_doubled_bookings',
    `
      select min(campaign_id) as campaign, min(lane) as lane, reservation_id as id, min(number) as number,
             'one request that asks for it' as expected,
             count(distinct request_id) || ': ' || array_to_string((array_agg(concat_ws(' ', lane, number) order by number))[1:4], ', ') as found
        from decisions
       where kind = 'book'
       group by reservation_id
      having count(distinct request_id) > 1`,
  )

/** Numbers of a lane that stand at more than one decision, or at more than one reservation. */
export const findDoubledNumbers: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_doubled_numbers',
    `
      select campaign_id as campaign, lane, min(id::text) as id, number, 'one ' || what || ' with this number' as expected,
             count(*) || ': ' || array_to_string((array_agg(id order by id))[1:4], ', ') as found
        from (select 'decision' as what, campaign_id, lane, number, request_id as id from decisions
              union all
              select 'reservation', campaign_id, lane, queue_number, id from reservations) numbered
       group by what, campaign_id, lane, number
      having count(*) > 1`,
  )

/**
 * Decisions with a number under which the log does not hold their request. Where the log was emptied or cannot be read, only that
 * some batch has the number can be said. What was set aside and withdrawn keeps the number it had.
 */
export const findMisnumberedDecisions: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_misnumbered_decisions',
    `
      select decided.campaign_id as campaign, decided.lane, decided.request_id as id, decided.number,
             coalesce('one of its numbers in the log: ' || held.numbers, 'a number in the log') as expected,
             case when batch.id is null or batch.first_number > decided.number then 'decided as ' || decided.number || ', which no batch has'
                  else 'decided as ' || decided.number || ', where batch ' || batch.id || ' holds another' end as found
        from decisions decided
        left join lateral (
          select id, first_number,
                 requests is null or exists (select from pg_temp.unreadable_batches where batch_id = batches.id) as unknown
            from batches
           where batches.campaign_id = decided.campaign_id and batches.lane = decided.lane and last_number >= decided.number
           order by last_number limit 1) batch on true
        left join lateral (
          select string_agg(distinct lane || ' ' || number, ', ') as numbers
            from pg_temp.logged_requests where request_id = decided.request_id) held on true
       where not exists (select from pg_temp.logged_requests logged
                          where logged.request_id = decided.request_id and logged.campaign_id = decided.campaign_id
                            and logged.lane = decided.lane and logged.number = decided.number)
         and not exists (select from set_aside
                          where set_aside.request_id = decided.request_id and set_aside.number = decided.number)
         and (batch.unknown and batch.first_number <= decided.number) is not true`,
  )

/** Requests that the log holds twice and that were decided by the later number. What was set aside is retried at the end. */
export const findDecisionsNotEarliest: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_decisions_not_earliest',
    `
      select decided.campaign_id as campaign, decided.lane, decided.request_id as id, decided.number,
             'decided as ' || min(logged.number) || ', the earliest' as expected, 'decided as ' || decided.number as found
        from decisions decided
        join pg_temp.logged_requests logged
          on logged.request_id = decided.request_id and logged.campaign_id = decided.campaign_id and logged.lane = decided.lane
         and logged.number < decided.number
       where not exists (select from set_aside
                          where set_aside.request_id = logged.request_id
                            and logged.number = any(set_aside.number || set_aside.earlier_numbers))
         and exists (select from pg_temp.logged_requests later
                      where later.request_id = decided.request_id and later.campaign_id = decided.campaign_id
                        and later.lane = decided.lane and later.number = decided.number)
       group by decided.campaign_id, decided.lane, decided.request_id, decided.number`,
  )

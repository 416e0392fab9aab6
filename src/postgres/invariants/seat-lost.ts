import { type FindViolations, selectViolations } from './violations.ts'

/**
 * Requests that got no seat (sold out, or on the waiting list) although a later number of their lane was then booked into a slot that
 * their choices allow.
 *
 * Only what can be proved: between the two decisions nothing of the campaign was cancelled or moved, and neither it nor its slots were
 * changed (by the operators' `audit`; an import counts for as long as it can have lasted, 5 s and 1 ms a row), for then the later
 * seat may be a new one; the choices are still in the log; the campaign is no draw and no series of doses. A capacity changed by
 * hand, past the commands, looks like a violation.
 *
 * Not by pairs: per slot, and per location and day, only the last number booked counts, among those with the same changes before.
 */
export const findSeatsLost: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_seats_lost',
    `
      with comparable as (
        select id as campaign_id, time_zone from campaigns where mode = 'queue' and coalesce((doses ->> 'count')::int, 1) = 1
      ), changes as (
        select campaign_id, decided_at as since, decided_at as until from decisions where kind <> 'book' and outcome = 'done'
        union all
        select campaign_id, date_trunc('milliseconds', at),
               at + interval '5 seconds' + interval '1 millisecond' * coalesce(
                 (detail #>> '{slots,new}')::float8 + (detail #>> '{slots,changed}')::float8 + (detail #>> '{slots,same}')::float8, 0)
          from audit where action like 'slot%' or action = 'campaign.change'
      ), instants as (
        select campaign_id, decided_at as at, 0 as begun, 0 as ended from decisions group by 1, 2
        union all select campaign_id, since, 1, 0 from changes
        union all select campaign_id, until, 0, 1 from changes
      ), periods as (
        -- Two decisions have no change between them when as many had ended before the first as have begun by the second.
        select distinct campaign_id, at, coalesce(sum(ended) over (by_time groups between unbounded preceding and 1 preceding), 0) as ended,
               sum(begun) over (by_time range between unbounded preceding and current row) as begun
          from instants
        window by_time as (partition by campaign_id order by at)
      ), denied as (
        select campaign_id, lane, logged.request_id, logged.number, decided_at, ended as period, choice::text as choice
          from pg_temp.logged_requests logged
          join comparable using (campaign_id)
          join decisions using (campaign_id, lane, number)
          join periods using (campaign_id)
         cross join lateral json_array_elements(denied_choices::json) choice
         where denied_choices is not null and periods.at = decided_at
      ), taken as (
        select campaign_id, lane, begun as period, slot_id, location_id,
               (starts_at at time zone time_zone)::date as day, max(number) as last
          from decisions
          join comparable using (campaign_id)
          join periods using (campaign_id)
          join appointments using (campaign_id, reservation_id)
          join slots using (campaign_id)
         where periods.at = decided_at and kind = 'book' and outcome = 'booked' and slots.id = slot_id
           and not exists (select from decisions moved
                            where moved.reservation_id = decisions.reservation_id and moved.kind = 'move' and moved.outcome = 'done')
         group by 1, 2, 3, 4, 5, 6
      ), taken_by_day as (
        select campaign_id, lane, period, location_id, day, max(last) as last from taken group by 1, 2, 3, 4, 5
      ), wanted as (
        select distinct campaign_id, lane, period, choice from denied
      ), spans as materialized (
        -- Taken apart once each: left to the planner, every choice was parsed anew for every day it was held against.
        select campaign_id, lane, period, choice, location_id, (choice::json ->> 'from')::date as from_day,
               (choice::json ->> 'to')::date as to_day
          from wanted cross join lateral json_array_elements_text(choice::json -> 'locationIds') location_id
      ), last_taken as (
        select campaign_id, lane, period, choice, max(last) as last
          from (select campaign_id, lane, period, choice, last
                  from wanted join taken using (campaign_id, lane, period)
                 where slot_id = choice::json ->> 'slotId'
                union all
                select campaign_id, lane, period, choice, last
                  from spans join taken_by_day using (campaign_id, lane, period, location_id)
                 where day between from_day and to_day) allowed
         group by campaign_id, lane, period, choice
      ), lost as (
        select campaign_id, lane, request_id, number, decided_at, max(last) as last
          from denied join last_taken using (campaign_id, lane, period, choice)
         where last > number
         group by campaign_id, lane, request_id, number, decided_at
      )
      select campaign_id as campaign, lane, request_id as id, number,
             'no seat of its choices for a later number, after it was denied one at ' || decided_at as expected,
             'number ' || last || ' was booked into one' as found
        from lost`,
  )

import { type FindViolations, selectViolations } from './violations.ts'

/** Batches that do not begin where the one before them ended, or at 1. */
export const findGapsInLog: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_gaps_in_log',
    `
      select campaign_id as campaign, lane, id, first_number as number, 'a batch from number ' || previous + 1 as expected,
             'one from ' || first_number || ' to ' || last_number as found
        from (select campaign_id, lane, id, first_number, last_number,
                     coalesce(lag(last_number) over (partition by campaign_id, lane order by last_number), 0) as previous
                from batches) batch
       where first_number <> previous + 1`,
  )

/** Lanes whose accepted number is not the last number of their log. */
export const findWrongAcceptedNumbers: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_wrong_accepted_numbers',
    `
      select campaign_id as campaign, lane, null as id, accepted_number as number,
             'accepted number ' || coalesce(last_number, 0) || ', the last of its log' as expected,
             'accepted number ' || coalesce(accepted_number::text, 'of no lane') as found
        from lanes
        full join (select campaign_id, lane, max(last_number) as last_number from batches group by campaign_id, lane) log
            using (campaign_id, lane)
       where accepted_number is distinct from coalesce(last_number, 0)`,
  )

/** Lanes that were served beyond what was accepted. */
export const findServingAhead: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_serving_ahead',
    `
      select campaign_id as campaign, lane, null as id, serving_number as number,
             'a serving number up to ' || accepted_number || ', what was accepted' as expected,
             coalesce('serving number ' || serving_number, 'none') as found
        from lanes
        left join lane_progress using (campaign_id, lane)
       where serving_number is null or serving_number > accepted_number`,
  )

/** Decisions on numbers that are not being served yet. */
export const findDecidedAhead: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_decided_ahead',
    `
      select campaign_id as campaign, lane, request_id as id, number, 'waiting: the serving number is ' || serving_number as expected,
             'decided (' || outcome || ')' as found
        from decisions
        join lane_progress using (campaign_id, lane)
       where number > serving_number`,
  )

/**
 * Decisions made after one on a later number of their lane. Of what was set aside the operator decides later. Clocks of the
 * database that were set back show here too.
 */
export const findDecidedOutOfOrder: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_decided_out_of_order',
    `
      select campaign_id as campaign, lane, request_id as id, number,
             'decided at ' || before || ' or later, as a number before it' as expected, 'decided at ' || decided_at as found
        from (select *, max(decided_at) over earlier as before
                from decisions
               where not exists (select from set_aside
                                  where set_aside.request_id = decisions.request_id and set_aside.number = decisions.number)
              window earlier as (partition by campaign_id, lane order by number rows between unbounded preceding and 1 preceding)) decided
       where decided_at < before`,
  )

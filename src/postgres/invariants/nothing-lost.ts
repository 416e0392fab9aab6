import { type FindViolations, selectViolations } from './violations.ts'

/**
 * Requests that the serving number has passed and that nobody decided. What is set aside waits for an operator; what was set aside
 * and is retried waits in the log again.
 */
export const findLostRequests: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_lost_requests',
    `
      select campaign_id as campaign, lane, request_id as id, number,
             'a decision, or set aside' as expected, 'served, with neither' as found
        from pg_temp.logged_requests logged
       where not waiting
         and not exists (select from decisions where decisions.request_id = logged.request_id)
         and not exists (select from set_aside where set_aside.request_id = logged.request_id and settled_at is null)
         and not exists (select from set_aside
                          where set_aside.campaign_id = logged.campaign_id and set_aside.lane = logged.lane
                            and set_aside.number = logged.number and settled_at is null)
         and not exists (select from set_aside
                           join pg_temp.logged_requests again on again.request_id = set_aside.request_id and again.waiting
                          where set_aside.request_id = logged.request_id)`,
  )

/** Batches that cannot be taken apart, and that hold numbers which are neither decided nor set aside. */
export const findUnreadableBatches: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_unreadable_batches',
    `
      select campaign_id as campaign, lane, id, first_number as number, 'a JSON array of requests' as expected,
             (last_number - first_number + 1 - settled) || ' numbers of a batch that cannot be read, and are neither decided nor set aside'
               as found
        from pg_temp.unreadable_batches unreadable
        join batches on batches.id = unreadable.batch_id
       cross join lateral (
         select count(*) as settled
           from (select number from decisions
                  where decisions.campaign_id = batches.campaign_id and decisions.lane = batches.lane
                    and number between first_number and last_number
                 union
                 select number from set_aside
                  where set_aside.campaign_id = batches.campaign_id and set_aside.lane = batches.lane
                    and number between first_number and last_number) numbers) of_batch
       where settled < last_number - first_number + 1`,
  )

/** Batches that hold more or fewer requests than numbers, or none while they still wait. */
export const findMiscountedBatches: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_miscounted_batches',
    `
      select campaign_id as campaign, lane, id, first_number as number,
             (last_number - first_number + 1) || ' requests' as expected, coalesce(requests, 0) || ' requests' as found
        from (select campaign_id, lane, id, first_number, last_number, requests is null as emptied from batches) batch
        left join (select batch_id, count(*) as requests from pg_temp.logged_requests group by batch_id) logged
               on logged.batch_id = batch.id
        left join lane_progress using (campaign_id, lane)
       where not exists (select from pg_temp.unreadable_batches unreadable where unreadable.batch_id = batch.id)
         and case when emptied then last_number > coalesce(serving_number, 0)
                  else coalesce(requests, 0) <> last_number - first_number + 1 end`,
  )

/** Decisions on a reservation that is not there. A refused command may be about one that never was. */
export const findMissingReservations: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_missing_reservations',
    `
      select campaign_id as campaign, lane, reservation_id as id, number, 'its reservation' as expected,
             'a decision (' || outcome || ') without one' as found
        from decisions
       where outcome <> 'refused' and kind <> 'slots'
         and not exists (select from reservations where reservations.id = decisions.reservation_id)`,
  )

/** Reservations that nobody decided. */
export const findMissingDecisions: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_missing_decisions',
    `
      select campaign_id as campaign, lane, id, queue_number as number, 'its decision' as expected,
             'a reservation (' || status || ') without one' as found
        from reservations
       where not exists (select from decisions where decisions.reservation_id = reservations.id and kind = 'book')`,
  )

/** Reservations that say something else than their decision. What was booked may be cancelled since, and who waited may be booked. */
export const findContradictions: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_contradictions',
    `
      select decisions.campaign_id as campaign, decisions.lane, reservations.id, number,
             concat_ws(' ', decisions.campaign_id, decisions.lane, number, outcome, decisions.reason) as expected,
             concat_ws(' ', reservations.campaign_id, reservations.lane, queue_number, status, reservations.reason) as found
        from decisions
        join reservations on reservations.id = decisions.reservation_id
       where kind = 'book'
         and ((decisions.campaign_id, decisions.lane, number) <> (reservations.campaign_id, reservations.lane, queue_number)
              or case outcome
                   when 'booked' then status not in ('booked', 'cancelled')
                   when 'rejected' then status <> 'rejected' or reservations.reason is distinct from decisions.reason
                   when 'waitlisted' then status = 'rejected'
                   else true
                 end)`,
  )

/** Booked reservations that do not have one appointment per dose. */
export const findMissingAppointments: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_missing_appointments',
    `
      select campaign, lane, id, number, 'an appointment for each of ' || doses || ' doses' as expected,
             coalesce(cardinality(slot_ids) || ' appointments, doses ' || array_lower(slot_ids, 1) || ' to ' || array_upper(slot_ids, 1),
                      'none') as found
        from (select campaign_id as campaign, lane, reservations.id, queue_number as number, slot_ids,
                     coalesce((doses ->> 'count')::int, 1) as doses
                from reservations join campaigns on campaigns.id = campaign_id
               where status = 'booked') reservation
       where (array_lower(slot_ids, 1), array_upper(slot_ids, 1)) is distinct from (1, doses) or array_position(slot_ids, null) is not null`,
  )

/** Seats of who got none, or has none any more. */
export const findUnfoundedAppointments: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_unfounded_appointments',
    `
      select campaign_id as campaign, lane, id, queue_number as number, 'one that is booked' as expected,
             'slot ' || slot_id || ' taken for one ' || status as found
        from reservations cross join unnest(slot_ids) as slot_id
       where status <> 'booked'`,
  )

import { type FindViolations, selectViolations } from './violations.ts'

/** Cancelled reservations that nobody cancelled: neither a command that was done, nor a change of slots that names them. */
export const findUnfoundedCancellations: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_unfounded_cancellations',
    `
      select campaign_id as campaign, lane, id, queue_number as number, 'a command or a change of slots that cancelled it' as expected,
             'cancelled by none' as found
        from reservations
       where status = 'cancelled'
         and not exists (select from decisions
                          where decisions.reservation_id = reservations.id and kind = 'cancel' and outcome = 'done')
         and id not in (select (hit ->> 'reservationId')::uuid
                          from slot_changes cross join lateral jsonb_array_elements(slot_changes.affected) hit
                         where hit ->> 'became' = 'cancelled')`,
  )

/** Cancellations that were done on a reservation that is not cancelled. */
export const findUndoneCancellations: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_undone_cancellations',
    `
      select decisions.campaign_id as campaign, decisions.lane, request_id as id, number, 'a cancelled reservation' as expected,
             'reservation ' || reservations.id || ' is ' || status as found
        from decisions
        join reservations on reservations.id = reservation_id
       where kind = 'cancel' and outcome = 'done' and status <> 'cancelled'`,
  )

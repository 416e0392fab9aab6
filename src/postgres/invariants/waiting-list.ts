import { type FindViolations, selectViolations } from './violations.ts'

/** Lines in which a place was left out: each that was given is kept by who had it. */
export const findGapsInLine: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_gaps_in_line',
    `
      select campaign_id as campaign, lane, id, queue_number as number, 'place ' || previous + 1 || ' in line' as expected,
             'place ' || waitlist_place as found
        from (select *, coalesce(lag(waitlist_place) over (partition by campaign_id order by waitlist_place), 0) as previous
                from reservations where waitlist_place is not null) placed
       where waitlist_place <> previous + 1`,
  )

/** Who got a place in line before somebody that had been decided earlier. */
export const findLineOutOfOrder: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_line_out_of_order',
    `
      select campaign_id as campaign, lane, id, queue_number as number, 'decided at ' || before || ' or later, as a place before it' as expected,
             'place ' || waitlist_place || ', decided at ' || decided_at as found
        from (select *, max(decided_at) over (partition by campaign_id order by waitlist_place
                                              rows between unbounded preceding and 1 preceding) as before
                from reservations where waitlist_place is not null) placed
       where decided_at < before`,
  )

/**
 * Free seats that somebody in line could have: one dose only, for a seat alone is no series. Not while a change of slots waits to be
 * decided: until then an import has changed them and nobody was served. A capacity changed by hand, past the commands, shows here.
 */
export const findSeatsFreeWhileWanted: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_seats_free_while_wanted',
    `
      with line as (
        select campaign_id, choices, min(waitlist_place) as place
          from reservations
          join (select campaign_id from lanes join lane_progress using (campaign_id, lane)
                 where lane = 'agent' and accepted_number = serving_number) settled using (campaign_id)
          join campaigns on campaigns.id = campaign_id and coalesce((doses ->> 'count')::int, 1) = 1
         where status = 'waitlisted'
         group by campaign_id, choices
      ), wanted as (
        select campaign_id, place, choice ->> 'slotId' as slot_id, location_id, (choice ->> 'from')::date as from_day,
               (choice ->> 'to')::date as to_day
          from line
         cross join lateral jsonb_array_elements(choices) choice
          left join lateral jsonb_array_elements_text(choice -> 'locationIds') location_id on true
      ), free as (
        select campaign_id, slots.id, location_id, (starts_at at time zone time_zone)::date as day, capacity - booked as seats
          from slots join campaigns on campaigns.id = campaign_id
         where booked < capacity and not blocked
      ), found as (
        select campaign_id, free.id, seats, place from free join wanted using (campaign_id) where wanted.slot_id = free.id
        union all
        select campaign_id, free.id, seats, place from free join wanted using (campaign_id, location_id)
         where day between from_day and to_day
      )
      select campaign_id as campaign, null as lane, id, null::bigint as number,
             'no seat free that place ' || min(place) || ' in line wants' as expected, seats || ' free' as found
        from found
       group by campaign_id, id, seats`,
  )

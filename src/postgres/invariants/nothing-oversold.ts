import { type FindViolations, selectViolations } from './violations.ts'

/** Slots that say they gave, or did give, fewer than no seats or more than they have. */
export const findOversoldSlots: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_oversold_slots',
    `
      select slots.campaign_id as campaign, null as lane, slots.id, null::bigint as number,
             '0 to ' || capacity || ' seats' as expected,
             booked || ' booked, ' || coalesce(taken, 0) || ' appointments' as found
        from slots
        left join (${takenSeats()}) taken on taken.campaign_id = slots.campaign_id and taken.slot_id = slots.id
       where booked < 0 or booked > capacity or taken > capacity`,
  )

/** Slots whose `booked` is not the number of their appointments. */
export const findMiscountedSlots: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_miscounted_slots',
    `
      select slots.campaign_id as campaign, null as lane, slots.id, null::bigint as number,
             coalesce(taken, 0) || ' booked, as many as appointments' as expected, booked || ' booked' as found
        from slots
        left join (${takenSeats()}) taken on taken.campaign_id = slots.campaign_id and taken.slot_id = slots.id
       where booked <> coalesce(taken, 0)`,
  )

/** Seats held by live reservations, by slot. */
function takenSeats() {
  return `
    select campaign_id, slot_id, count(*) as taken
      from reservations cross join unnest(slot_ids) as slot_id
     where status in ('booked', 'waitlisted')
     group by campaign_id, slot_id`
}

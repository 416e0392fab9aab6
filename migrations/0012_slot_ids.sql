-- The slots of a reservation, for the next migration to fill: it is a step of its own, so that nobody who reads waits for it.
--
-- Safe while the previous version runs: a column is added, and it knows nothing of it.

set local lock_timeout = '10s';
alter table reservations add column slot_ids text[];
alter table reservations add constraint reservations_hold_seats_when_booked
  check (slot_ids is null or status = 'booked' and cardinality(slot_ids) > 0) not valid; -- the next migration validates it
comment on column reservations.slot_ids is 'The slots of its appointments, that of the first dose first. Null when it holds no seat.';

grant select (slot_ids) on reservations to junban_api, junban_notifier;
grant update (slot_ids) on reservations to junban_allocator;

-- A booking's request and its reservation have the same id, and allocators insert the reservation with its decision, so the primary key of
-- `reservations` already says that a booking is decided once. Entering every booking's id a second time, in an index of random ids, took
-- some 3 of the 57 µs that deciding cost Postgres. Commands and changes of slots have no reservation of their own, and keep their index.
--
-- Safe while the previous version runs: what it would decide twice is refused by the same transaction's reservation. It looks up who was
-- decided, and what became of commands, without an index until it is replaced, which takes it longer. Who reads or writes decisions waits
-- while they are read through, three times.

set local lock_timeout = '10s';
lock table decisions in access exclusive mode;

alter table decisions
  drop constraint decisions_once,
  drop constraint decisions_numbered_once;
alter table decisions
  add constraint decisions_numbered_once primary key (campaign_id, lane, number),
  add constraint decisions_of_a_booking_by_its_id check (kind <> 'book' or request_id = reservation_id);
create unique index decisions_once_besides_bookings on decisions (request_id) where kind <> 'book';

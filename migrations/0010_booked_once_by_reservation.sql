-- A booking's request and its reservation have the same id, and the reservation is inserted with its decision, so the primary key of
-- `reservations` already says that a booking is decided once. Entering every booking's id a second time, in an index of random ids, took
-- 5 of the 57 µs that deciding cost Postgres. Commands and changes of slots have no reservation of their own, and keep their index.
--
-- Safe while the previous version runs: what it wrote twice is refused by the same transaction's reservation. It looks up who was decided
-- without an index until it is replaced, which takes it longer. Deciding stands still while the decisions are read through once.

set local lock_timeout = '10s';
lock table decisions in access exclusive mode;

alter table decisions
  drop constraint decisions_once,
  drop constraint decisions_numbered_once;
alter table decisions
  add constraint decisions_numbered_once primary key (campaign_id, lane, number),
  add constraint decisions_of_a_booking_by_its_id check (kind <> 'book' or request_id = reservation_id);
create unique index decisions_once_besides_bookings on decisions (request_id) where kind <> 'book';

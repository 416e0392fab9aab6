-- Slots change under way: an operator's request in the log, decided in its turn.
--
-- Safe while the previous version runs: a table is added, and a kind of decision that it does not make.

create table slot_changes (
  request_id  uuid primary key,
  campaign_id text not null,
  change      jsonb not null,
  affected    jsonb not null
);
comment on table slot_changes is 'Changes of slots that were decided, and the reservations that they hit: ids, nothing personal.';

alter table decisions
  alter column reservation_id drop not null,
  drop constraint decisions_kind_known,
  add constraint decisions_kind_known check (kind in ('book', 'cancel', 'move', 'slots')),
  add constraint decisions_on_a_reservation check ((kind = 'slots') = (reservation_id is null));

grant select, insert on slot_changes to junban_allocator;
grant select on slot_changes to junban_operator, junban_api;
grant insert on slots, schedules to junban_allocator;
grant update (capacity, blocked) on slots to junban_allocator;

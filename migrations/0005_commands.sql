-- Cancel and move: commands on a reservation, each a request of its own.
--
-- Safe while the previous version runs: a table is added, and what it knows keeps its meaning. An allocator of the previous version
-- sets a command aside, for it cannot read it: start the new allocators before the new APIs.

create table commands (
  request_id     uuid primary key,
  reservation_id uuid not null,
  batch_id       uuid not null references batches,
  kind           text not null,
  logged         bigint generated always as identity,
  constraint commands_kind_known check (kind in ('cancel', 'move'))
);
create index commands_of_reservation on commands (reservation_id, logged);
comment on table commands is 'Which reservation the commands in the log are about: written with their batch, so that one can be seen while it waits.';

grant select, insert on commands to junban_api, junban_allocator, junban_operator;

-- A reservation changes its status, and gives its seats back.
grant update (status, reason) on reservations to junban_allocator;
grant delete on appointments to junban_allocator;

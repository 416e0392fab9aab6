-- A reservation's appointments are in its own row. As rows of their own they were 14 of the 39 µs that deciding a request cost Postgres
-- with 250,000 of them stored: a row, an index of random ids, another of slots, and the question whether there is such a reservation. The
-- index by slot is for rosters and for changes of slots; entries wait in a list of it until there are 128 kB of them, and are then sorted in.
--
-- Safe while the previous version runs: `appointments` is a view now, and takes what it writes. Deciding waits while the reservations that
-- hold seats are written anew, some 10 s for 600,000; intake goes on, and who reads waits for the last moment only.

set local lock_timeout = '10s';
-- A transaction that decides begins with its campaign's row: those under way end first, the next wait there and hold nothing. Whoever
-- waits for long ends who is in the way, but for what operators do.
set local application_name = 'junban-operator';
lock table campaigns in exclusive mode;
lock table reservations, appointments in exclusive mode;

-- As the role that may: row-level security hides reservations from their owner.
set local role junban_allocator;
update reservations
   set slot_ids = held.slot_ids
  from (select reservation_id, array_agg(slot_id order by dose) as slot_ids from appointments group by reservation_id) held
 where reservations.id = held.reservation_id and status = 'booked';
do $$
begin
  if exists (select from appointments
              where not exists (select from reservations
                                 where id = reservation_id and (status <> 'booked' or slot_ids @> array[slot_id]))) then
    raise exception 'appointments would be lost: some are of no reservation';
  end if;
end $$;
reset role;

alter table reservations validate constraint reservations_hold_seats_when_booked;
create index reservations_by_slot on reservations using gin (slot_ids) with (gin_pending_list_limit = 128)
  where slot_ids is not null;

-- ── What appointments refer to ──────────────────────────────────────────────────────────────────────────────────

-- Asked once for all rows of a statement. A function keeps its plans: one made while the tables were small must not read all of them later.
-- The previous version writes a series dose by dose: a slot that is not there yet is asked for when it is.
create function check_slots_of_reservations() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  if exists (select from new_reservations r cross join unnest(r.slot_ids) held where held is not null and not exists (
       select from slots s where s.campaign_id = r.campaign_id and s.id = held)) then
    raise foreign_key_violation using message = 'an appointment is in no slot',
      table = 'reservations', constraint = 'appointments_in_a_slot';
  end if;
  return null;
end $$;
create trigger reservations_in_slots after insert on reservations referencing new table as new_reservations
  for each statement execute function check_slots_of_reservations();
create trigger reservations_changed_in_slots after update on reservations referencing new table as new_reservations
  for each statement execute function check_slots_of_reservations();

-- By its count of seats taken, which is that of its appointments: the reservations are hidden from their owner.
create or replace function keep_slot_with_appointments() returns trigger language plpgsql as $$
begin
  perform from campaigns where id = old.campaign_id for no key update;
  if old.booked > 0 then
    raise foreign_key_violation using message = 'a slot has appointments',
      table = 'reservations', constraint = 'appointments_in_a_slot';
  end if;
  return coalesce(new, old);
end $$;

create or replace function keep_reservation_with_appointments() returns trigger language plpgsql as $$
begin
  raise foreign_key_violation using message = 'a reservation has appointments',
    table = 'reservations', constraint = 'appointments_of_a_reservation';
end $$;
create or replace trigger reservations_with_appointments_stay before delete on reservations
  for each row when (old.slot_ids is not null) execute function keep_reservation_with_appointments();

-- ── As rows: for the audit, and for the previous version ────────────────────────────────────────────────────────

-- Last: from here on who reads waits.
drop table appointments;
drop function check_appointments_refer();
create view appointments with (security_invoker = true) as
  select id as reservation_id, dose::smallint, campaign_id, slot_id
    from reservations cross join unnest(slot_ids) with ordinality as held (slot_id, dose);
comment on view appointments is 'Seats in slots, held by booked reservations: one for each dose.';
grant select on appointments to junban_api, junban_allocator, junban_notifier, junban_operator;

-- The previous version writes one after the other, and takes a reservation's away when it changes its status or moves it: what it moves
-- it writes anew. Drop these, and the right, when it is gone.
grant insert, delete on appointments to junban_allocator;

create function write_appointment() returns trigger language plpgsql as $$
begin
  update reservations set slot_ids[new.dose] = new.slot_id where id = new.reservation_id and campaign_id = new.campaign_id;
  if not found then
    raise foreign_key_violation using message = 'an appointment is of no reservation',
      table = 'reservations', constraint = 'appointments_of_a_reservation';
  end if;
  return new;
end $$;
create trigger appointments_written instead of insert on appointments for each row execute function write_appointment();

create function leave_appointment() returns trigger language plpgsql as $$
begin
  return old;
end $$;
create trigger appointments_left instead of delete on appointments for each row execute function leave_appointment();

create function give_up_slots() returns trigger language plpgsql as $$
begin
  new.slot_ids := null;
  return new;
end $$;
create trigger reservations_give_up_slots before update of status on reservations
  for each row when (old.status = 'booked' and new.status <> 'booked') execute function give_up_slots();

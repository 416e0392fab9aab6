-- The tables of the main path: campaigns and what they offer, who may ask, the log, and what was decided.
--
-- Roles. Whoever migrates owns everything. The processes work as roles that can do their one job:
--   junban_api        inserts batches, reads what is public or fingerprinted, and no box
--   junban_allocator  reads the log, writes decisions, opens no box (it has no key)
--   junban_operator   imports, operates, and may read a box (each look is an audit row)
-- A login of its own per process is made by the operator (`create role … login in role junban_api`);
-- with one DATABASE_URL each process takes its role by `set role`.

do $$
declare
  wanted text;
  -- Since Postgres 16 who creates a role administers it but may not `set role` to it before granting it to themselves.
  needed text := case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end;
begin
  foreach wanted in array array['junban_api', 'junban_allocator', 'junban_operator'] loop
    begin
      execute format('create role %I nologin', wanted);
    exception when duplicate_object or unique_violation then null; -- roles belong to the server, not to one database
    end;
    if not pg_has_role(current_user, wanted, needed) then
      execute format('grant %I to current_user', wanted);
    end if;
  end loop;
end $$;

revoke create on schema public from public;
grant usage on schema public to junban_api, junban_allocator, junban_operator;

-- ── What a campaign offers ──────────────────────────────────────────────────────────────────────────────────────

create table campaigns (
  id                text primary key,
  name              jsonb not null,
  time_zone         text not null,
  opens_at          timestamptz not null,
  closes_at         timestamptz not null,
  eligibility       text not null default 'register',
  voucher_pattern   text not null,
  mode              text not null default 'queue',
  doses             jsonb,
  catalogue_version bigint not null default 1,
  register_version  bigint not null default 1,
  created_at        timestamptz not null default now(),
  constraint campaigns_id_is_a_slug check (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  constraint campaigns_close_after_opening check (closes_at > opens_at),
  constraint campaigns_eligibility_known check (eligibility in ('register', 'anyone')),
  constraint campaigns_mode_known check (mode in ('queue', 'draw'))
);
comment on column campaigns.catalogue_version is 'Rises when anything that clients see of a campaign changes, except free seats.';
comment on column campaigns.register_version is 'Rises with every import of vouchers.';

create table campaign_keys (
  campaign_id   text not null references campaigns on delete cascade,
  key_id        smallint not null,
  master_key_id text not null,
  wrapped       bytea,
  created_at    timestamptz not null default now(),
  erased_at     timestamptz,
  primary key (campaign_id, key_id),
  constraint campaign_keys_erased_for_good check ((wrapped is null) = (erased_at is not null))
);

create table cohorts (
  campaign_id text not null references campaigns on delete cascade,
  id          text not null,
  opens_at    timestamptz not null,
  primary key (campaign_id, id)
);

create table locations (
  campaign_id text not null references campaigns on delete cascade,
  id          text not null,
  name        text not null,
  address     text,
  primary key (campaign_id, id)
);

create table schedules (
  campaign_id text not null,
  id          text not null,
  location_id text not null,
  service     jsonb,
  primary key (campaign_id, id),
  constraint schedules_at_a_location foreign key (campaign_id, location_id) references locations on delete cascade
);

create table slots (
  campaign_id text not null,
  id          text not null,
  schedule_id text not null,
  location_id text not null,
  starts_at   timestamptz not null,
  ends_at     timestamptz not null,
  capacity    integer not null,
  booked      integer not null default 0,
  blocked     boolean not null default false,
  primary key (campaign_id, id),
  constraint slots_on_a_schedule foreign key (campaign_id, schedule_id) references schedules,
  constraint slots_at_a_location foreign key (campaign_id, location_id) references locations,
  constraint slots_end_after_start check (ends_at > starts_at),
  constraint slots_never_oversold check (0 <= booked and booked <= capacity)
) with (fillfactor = 70); -- `booked` changes all day: room for heap-only updates
create index slots_by_location on slots (campaign_id, location_id, starts_at, id);

create table vouchers (
  campaign_id text not null references campaigns on delete cascade,
  fingerprint bytea not null,
  voucher_key bytea not null,
  cohort_id   text,
  primary key (campaign_id, fingerprint),
  constraint vouchers_one_birth_date_each unique (campaign_id, voucher_key),
  constraint vouchers_in_a_cohort foreign key (campaign_id, cohort_id) references cohorts,
  constraint vouchers_hashes_are_16_bytes check (octet_length(fingerprint) = 16 and octet_length(voucher_key) = 16)
);
comment on column vouchers.fingerprint is 'Keyed hash of voucher with birth date. No voucher is stored in clear.';
comment on column vouchers.voucher_key is 'Keyed hash of the voucher alone.';

-- ── The log: what was accepted, in the order in which it is decided ─────────────────────────────────────────────

create table lanes (
  campaign_id     text not null references campaigns on delete cascade,
  lane            text not null,
  accepted_number bigint not null default 0,
  primary key (campaign_id, lane),
  constraint lanes_known check (lane in ('agent', 'institution', 'web')),
  constraint lanes_count_upwards check (accepted_number >= 0)
) with (fillfactor = 50);

create table batches (
  id              uuid primary key,
  campaign_id     text not null,
  lane            text not null,
  first_number    bigint not null,
  last_number     bigint not null,
  previous_number bigint generated always as (nullif(first_number - 1, 0)) stored,
  received_at     timestamptz not null,
  accepted_at     timestamptz not null default clock_timestamp(),
  redis_away      boolean not null,
  spooled         boolean not null,
  late            boolean not null default false,
  requests        text,
  constraint batches_of_a_lane foreign key (campaign_id, lane) references lanes,
  constraint batches_numbered_once unique (campaign_id, lane, last_number),
  constraint batches_contiguous foreign key (campaign_id, lane, previous_number)
    references batches (campaign_id, lane, last_number),
  constraint batches_of_1_to_500 check (last_number - first_number between 0 and 499 and first_number > 0)
);
alter table batches alter column requests set storage external; -- sealed boxes do not compress
create index batches_past_redis on batches (campaign_id, lane, accepted_at) where redis_away;
comment on column batches.received_at is 'When intake closed the batch, by the database''s clock as intake knew it: opening hours are judged by it.';
comment on column batches.redis_away is 'Accepted on the log alone because Redis could not be reached, so what Redis had spooled then is decided later.';
comment on column batches.late is 'Spooled, and passed by a batch accepted while Redis was away: real-time order is not promised for it.';
comment on column batches.requests is 'JSON array of requests. Null once nothing needs it any more.';

-- ── What was decided ────────────────────────────────────────────────────────────────────────────────────────────

create table lane_progress (
  campaign_id    text not null,
  lane           text not null,
  serving_number bigint not null default 0,
  primary key (campaign_id, lane),
  constraint lane_progress_of_a_lane foreign key (campaign_id, lane) references lanes on delete cascade,
  constraint lane_progress_counts_upwards check (serving_number >= 0)
) with (fillfactor = 50);

create table writers (
  campaign_id    text primary key references campaigns on delete cascade,
  slots_revision bigint not null default 0,
  allocator      text,
  decided_at     timestamptz,
  paused_at      timestamptz,
  paused_reason  text,
  constraint writers_paused_for_a_reason check ((paused_at is null) = (paused_reason is null))
) with (fillfactor = 50);
comment on table writers is 'Who decides a campaign: the allocator that last did, and the revision of its slots.';

-- No foreign key to `campaigns` here and in `decisions`: the writer holds that row's lock, and checking it again for each of 500 rows
-- took a tenth of the transaction.
create table reservations (
  id             uuid primary key,
  campaign_id    text not null,
  lane           text not null,
  queue_number   bigint not null,
  voucher_key    bytea not null,
  status         text not null,
  reason         text,
  choices        jsonb,
  waitlist       boolean not null,
  box            bytea,
  accepted_at    timestamptz not null,
  decided_at     timestamptz not null,
  constraint reservations_status_known check (status in ('booked', 'waitlisted', 'rejected', 'cancelled')),
  constraint reservations_reason_when_rejected check ((status = 'rejected') = (reason is not null)),
  constraint reservations_reason_known check
    (reason in ('sold-out', 'voucher-used', 'not-eligible', 'closed', 'withdrawn-by-operator'))
);
comment on column reservations.choices is 'Kept while they can still be wanted: for who waits.';
alter table reservations alter column box set storage external;
create unique index reservations_one_per_voucher on reservations (campaign_id, voucher_key)
  where status in ('booked', 'waitlisted');

create table decisions (
  request_id     uuid not null,
  reservation_id uuid not null,
  campaign_id    text not null,
  lane           text not null,
  number         bigint not null,
  kind           text not null,
  outcome        text not null,
  reason         text,
  decided_at     timestamptz not null,
  constraint decisions_once primary key (request_id),
  constraint decisions_numbered_once unique (campaign_id, lane, number),
  constraint decisions_kind_known check (kind in ('book', 'cancel', 'move')),
  constraint decisions_outcome_known check (outcome in ('booked', 'waitlisted', 'rejected', 'done', 'refused'))
);

create table appointments (
  reservation_id uuid not null references reservations,
  dose           smallint not null,
  campaign_id    text not null,
  slot_id        text not null,
  primary key (reservation_id, dose),
  constraint appointments_in_a_slot foreign key (campaign_id, slot_id) references slots
);
create index appointments_by_slot on appointments (campaign_id, slot_id);

create table set_aside (
  request_id  uuid primary key,
  campaign_id text not null,
  lane        text not null,
  number      bigint not null,
  batch_id    uuid not null references batches,
  place       smallint not null,
  error       text not null,
  set_aside_at timestamptz not null default now(),
  settled_at  timestamptz,
  constraint set_aside_of_a_lane foreign key (campaign_id, lane) references lanes
);
comment on table set_aside is 'Requests that could not be committed. They wait for an operator; the others went on.';

create table outbox (
  id             bigint generated always as identity primary key,
  campaign_id    text not null,
  reservation_id uuid not null,
  event          text not null,
  created_at     timestamptz not null default now(),
  attempts       smallint not null default 0,
  next_at        timestamptz not null default now(),
  sent_at        timestamptz
);
create index outbox_unsent on outbox (next_at) where sent_at is null;

-- ── Operators ───────────────────────────────────────────────────────────────────────────────────────────────────

create table operators (
  id         uuid primary key default gen_random_uuid(),
  name       text not null,
  role       text not null,
  key_hash   bytea not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  constraint operators_role_known check (role in ('viewer', 'agent', 'admin')),
  constraint operators_key_of_their_own unique (key_hash)
);
create unique index operators_named_once on operators (name) where revoked_at is null;

create table audit (
  id          bigint generated always as identity primary key,
  at          timestamptz not null default clock_timestamp(),
  operator    text not null,
  action      text not null,
  campaign_id text,
  subject     text,
  detail      jsonb not null default '{}'
);
comment on table audit is 'What operators did. Nothing personal in clear: a subject is an id.';

-- ── Triggers ────────────────────────────────────────────────────────────────────────────────────────────────────

-- Every campaign has its three lanes and its writer, however it was made.
create function give_campaign_its_lanes() returns trigger language plpgsql security definer set search_path = public as $$
begin
  insert into lanes (campaign_id, lane) select new.id, lane from unnest(array['agent', 'institution', 'web']) lane;
  insert into lane_progress (campaign_id, lane) select new.id, lane from unnest(array['agent', 'institution', 'web']) lane;
  insert into writers (campaign_id) values (new.id);
  return null;
end $$;
create trigger campaigns_have_lanes after insert on campaigns for each row execute function give_campaign_its_lanes();

-- An allocator keeps a campaign's slots in memory for as long as `slots_revision` is what it wrote last. A trigger,
-- not a convention, raises it, so that a change made by hand is seen as well.
create function note_slots_changed() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if tg_op = 'UPDATE' then
    update campaigns set catalogue_version = catalogue_version + 1
     where id in (select n.campaign_id from now_slots n join was_slots w using (campaign_id, id)
                   where (n.starts_at, n.ends_at, n.capacity, n.blocked, n.location_id)
                         is distinct from (w.starts_at, w.ends_at, w.capacity, w.blocked, w.location_id));
    update writers set slots_revision = slots_revision + 1 where campaign_id in (select distinct campaign_id from now_slots);
  else
    update campaigns set catalogue_version = catalogue_version + 1
     where id in (select distinct campaign_id from now_slots);
    update writers set slots_revision = slots_revision + 1 where campaign_id in (select distinct campaign_id from now_slots);
  end if;
  return null;
end $$;
create trigger slots_inserted after insert on slots referencing new table as now_slots
  for each statement execute function note_slots_changed();
create trigger slots_updated after update on slots referencing new table as now_slots old table as was_slots
  for each statement execute function note_slots_changed();
create trigger slots_deleted after delete on slots referencing old table as now_slots
  for each statement execute function note_slots_changed();

-- What clients see of a campaign changed: intake reads it again.
create function note_catalogue_changed() returns trigger language plpgsql security definer set search_path = public as $$
begin
  update campaigns set catalogue_version = catalogue_version + 1
   where id = coalesce(new.campaign_id, old.campaign_id);
  return null;
end $$;
create trigger cohorts_changed after insert or update or delete on cohorts
  for each row execute function note_catalogue_changed();

-- A register in memory names a cohort by its place among all of them.
create function note_register_changed() returns trigger language plpgsql security definer set search_path = public as $$
begin
  update campaigns set register_version = register_version + 1 where id = coalesce(new.campaign_id, old.campaign_id);
  return null;
end $$;
create trigger cohorts_moved after insert or delete on cohorts
  for each row execute function note_register_changed();
create trigger locations_changed after insert or update or delete on locations
  for each row execute function note_catalogue_changed();
create trigger campaign_keys_changed after insert or update or delete on campaign_keys
  for each row execute function note_catalogue_changed();

create function note_campaign_changed() returns trigger language plpgsql as $$
begin
  new.catalogue_version := greatest(new.catalogue_version, old.catalogue_version) + 1;
  return new;
end $$;
create trigger campaigns_changed before update of name, time_zone, opens_at, closes_at, eligibility, voucher_pattern, mode, doses
  on campaigns for each row execute function note_campaign_changed();

-- ── Who may do what ─────────────────────────────────────────────────────────────────────────────────────────────

grant select on campaigns, campaign_keys, cohorts, locations, schedules, slots, vouchers, lanes, lane_progress, writers,
  decisions, appointments, set_aside, operators to junban_api;
grant update (accepted_number) on lanes to junban_api;
grant insert on batches to junban_api;
grant update (late) on batches to junban_api, junban_allocator;
grant select (id, campaign_id, lane, first_number, last_number, previous_number, received_at, accepted_at, redis_away, spooled, late)
  on batches to junban_api;
grant select (id, campaign_id, lane, queue_number, voucher_key, status, reason, waitlist, accepted_at, decided_at)
  on reservations to junban_api;

grant select on campaigns, cohorts, locations, schedules, slots, vouchers, lanes, lane_progress, writers, batches,
  reservations, decisions, appointments, set_aside, outbox to junban_allocator;
grant update (id) on campaigns to junban_allocator; -- to lock its row: `for no key update` asks for it
grant update (accepted_number) on lanes to junban_allocator; -- draining the spool is intake's own statement
grant insert on batches, reservations, decisions, appointments, set_aside, outbox to junban_allocator;
grant update (serving_number) on lane_progress to junban_allocator;
grant update (allocator, decided_at, paused_at, paused_reason) on writers to junban_allocator;
grant update (booked) on slots to junban_allocator;

grant select, insert, update, delete on campaigns, campaign_keys, cohorts, locations, schedules, slots, vouchers,
  operators to junban_operator;
grant select on lanes, lane_progress, writers, batches, reservations, decisions, appointments, set_aside, outbox, audit to junban_operator;
grant insert on audit to junban_operator;
grant update (paused_at, paused_reason) on writers to junban_operator;

-- Row-level security, forced: a role without a policy sees nothing, whatever it is granted by mistake.
alter table batches enable row level security;
alter table batches force row level security;
create policy batches_accepted_by_api on batches for insert to junban_api with check (true);
create policy batches_counted_by_api on batches for select to junban_api using (true);
create policy batches_marked_by_api on batches for update to junban_api using (true) with check (true);
create policy batches_decided_by_allocator on batches to junban_allocator using (true) with check (true);
create policy batches_seen_by_operator on batches for select to junban_operator using (true);

alter table reservations enable row level security;
alter table reservations force row level security;
create policy reservations_answered_by_api on reservations for select to junban_api using (true);
create policy reservations_written_by_allocator on reservations to junban_allocator using (true) with check (true);
create policy reservations_seen_by_operator on reservations for select to junban_operator using (true);

alter table audit enable row level security;
alter table audit force row level security;
create policy audit_written_by_operator on audit for insert to junban_operator with check (true);
create policy audit_read_by_operator on audit for select to junban_operator using (true);

-- What operators tell the public, and how they steer: announcements, a pause of the intake, and what was set aside.

create table announcements (
  id           bigint generated always as identity primary key,
  ja           text not null,
  en           text not null,
  expected_at  timestamptz,
  published_at timestamptz not null default now(),
  cleared_at   timestamptz
);
comment on table announcements is 'What operators told the public. A row is never changed, only cleared: its id is its version.';
comment on column announcements.expected_at is 'When service is expected back. Null: nobody knows yet.';
create unique index announcements_one_at_a_time on announcements ((true)) where cleared_at is null;

alter table writers
  add column intake_paused_at     timestamptz,
  add column intake_paused_reason text,
  add constraint writers_intake_paused_for_a_reason check ((intake_paused_at is null) = (intake_paused_reason is null));

alter table set_aside add column earlier_numbers bigint[] not null default '{}';
comment on column set_aside.earlier_numbers is 'Under which it was set aside before, and logged anew by an operator.';
create index set_aside_unsettled on set_aside (set_aside_at, request_id) where settled_at is null;

-- ── Who may do what ─────────────────────────────────────────────────────────────────────────────────────────────

grant select on announcements to junban_api, junban_operator;
grant insert on announcements to junban_operator;
grant update (cleared_at) on announcements to junban_operator;
grant update (intake_paused_at, intake_paused_reason) on writers to junban_operator;

-- A request that was logged anew may have to be set aside anew.
grant update (campaign_id, lane, number, batch_id, place, error, set_aside_at, settled_at, earlier_numbers) on set_aside to junban_allocator;

-- Retrying logs a request with intake's own statement; withdrawing decides it.
grant update (settled_at) on set_aside to junban_operator;
grant update (accepted_number) on lanes to junban_operator;
grant insert on batches, reservations, decisions, outbox to junban_operator;
create policy batches_logged_anew_by_operator on batches for insert to junban_operator with check (true);
create policy reservations_withdrawn_by_operator on reservations for insert to junban_operator
  with check (status = 'rejected' and reason = 'withdrawn-by-operator');

-- `junban doctor` compares them with the files.
grant select on migrations to junban_operator;

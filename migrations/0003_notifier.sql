-- Telling people, and tidying up: what the outbox keeps of each telling, and two roles that can do nothing else.
--
--   junban_notifier  reads what is due, opens the boxes of reservations that have something due, and no other
--   junban_janitor   clears the requests of batches decided long ago and deletes outbox rows told long ago; it has no key
--
-- Safe while the previous version runs: columns are added with defaults, and what it knows keeps its meaning.

do $$
declare
  wanted text;
  -- Since Postgres 16 who creates a role administers it but may not `set role` to it before granting it to themselves.
  needed text := case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end;
begin
  foreach wanted in array array['junban_notifier', 'junban_janitor'] loop
    begin
      execute format('create role %I nologin', wanted);
    exception when duplicate_object or unique_violation then null; -- roles belong to the server, not to one database
    end;
    if not pg_has_role(current_user, wanted, needed) then
      execute format('grant %I to current_user', wanted);
    end if;
  end loop;
end $$;

grant usage on schema public to junban_notifier, junban_janitor;

-- ── The outbox ──────────────────────────────────────────────────────────────────────────────────────────────────

alter table outbox add column told text[] not null default '{}';
alter table outbox add column refused text[] not null default '{}';
alter table outbox add column set_aside_at timestamptz;
alter table outbox add column set_aside_reason text;
alter table outbox add constraint outbox_told_or_set_aside check (sent_at is null or set_aside_at is null);
alter table outbox add constraint outbox_set_aside_for_a_reason check ((set_aside_at is null) = (set_aside_reason is null));
comment on column outbox.next_at is 'When it is tried next. Whoever tries it moves this first: that is the claim.';
comment on column outbox.told is 'The channels by which it has been told: a second try leaves them out.';
comment on column outbox.refused is 'The channels that refused it for good, as an address that does not exist.';
comment on column outbox.set_aside_at is 'Tried too often, or refused for good: waits for an operator. Never deleted by itself.';

drop index outbox_unsent;
create index outbox_due on outbox (next_at) where sent_at is null and set_aside_at is null;
create index outbox_due_of_reservation on outbox (reservation_id) where sent_at is null and set_aside_at is null;
create index outbox_sent on outbox (sent_at) where sent_at is not null;
create index outbox_set_aside on outbox (set_aside_at) where set_aside_at is not null;

-- ── The log ─────────────────────────────────────────────────────────────────────────────────────────────────────

create index batches_not_cleared on batches (accepted_at) where requests is not null;

-- ── Who may do what ─────────────────────────────────────────────────────────────────────────────────────────────

grant select on outbox, campaigns, campaign_keys, locations, slots, appointments to junban_notifier;
grant update (attempts, next_at, sent_at, told, refused, set_aside_at, set_aside_reason) on outbox to junban_notifier;
grant select (id, campaign_id, lane, queue_number, status, reason, box) on reservations to junban_notifier;

grant select on outbox to junban_janitor;
grant delete on outbox to junban_janitor;
grant select on lane_progress to junban_janitor;
grant select (batch_id, settled_at) on set_aside to junban_janitor;
grant select (campaign_id, lane, number, decided_at) on decisions to junban_janitor;
grant select (id, campaign_id, lane, first_number, last_number, accepted_at, requests) on batches to junban_janitor;
grant update (requests) on batches to junban_janitor;

-- How much there is to tell: for the metrics, and for the operator. No person is in it.
grant select (id, campaign_id, event, created_at, attempts, next_at, sent_at, set_aside_at, set_aside_reason) on outbox to junban_api;
grant update (attempts, next_at, refused, set_aside_at, set_aside_reason) on outbox to junban_operator;

-- Only of whom there is something to be told, and only until it is.
create policy reservations_told_by_notifier on reservations for select to junban_notifier using (
  exists (select from outbox where outbox.reservation_id = reservations.id and sent_at is null and set_aside_at is null));

create policy batches_read_by_janitor on batches for select to junban_janitor using (true);
-- It can take requests away, and nothing else.
create policy batches_cleared_by_janitor on batches for update to junban_janitor using (true) with check (requests is null);

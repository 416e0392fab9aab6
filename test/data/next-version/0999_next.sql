-- What a next version could bring, for the test of a rolling upgrade: columns that only it writes, a table that only it knows, an index
-- and a constraint over what is there. Safe while the version before still runs: nothing is renamed, removed or newly required of it.

set local lock_timeout = '3s';

alter table batches add column accepted_by text;
comment on column batches.accepted_by is 'The version of the process that accepted it. Null: one before it was kept.';

alter table reservations add column version smallint not null default 1;
create index reservations_by_number on reservations (campaign_id, lane, queue_number);
alter table slots add constraint slots_are_not_endless check (ends_at < starts_at + interval '1 day') not valid;

create table campaign_notes (
  campaign_id text not null references campaigns on delete cascade,
  at          timestamptz not null default now(),
  text        text not null,
  primary key (campaign_id, at)
);
grant select, insert on campaign_notes to junban_operator;

-- Lost receipts: who asked for theirs, until it was looked up; and what agents need to find a caller.
--
-- The API writes the same row whoever asks, and can read nothing of it back but its keys; the notifier, which may open boxes, looks
-- whether voucher and birth date are those of a reservation, and tells its own contact.
--
-- Safe while the previous version runs: only adds.

create table recoveries (
  campaign_id text not null references campaigns on delete cascade,
  fingerprint bytea not null,
  voucher_key bytea not null,
  box         bytea,
  asked_at    timestamptz not null default clock_timestamp(),
  next_at     timestamptz default clock_timestamp(),
  tries       smallint not null default 0,
  told_at     timestamptz,
  primary key (campaign_id, fingerprint),
  constraint recoveries_hashes_are_16_bytes check (octet_length(fingerprint) = 16 and octet_length(voucher_key) = 16)
);
alter table recoveries alter column box set storage external;
create index recoveries_due on recoveries (next_at) where next_at is not null;
create index recoveries_by_voucher on recoveries (campaign_id, voucher_key) where next_at is not null;
create index recoveries_asked on recoveries (asked_at);
comment on table recoveries is 'Who asked for a lost receipt. Nothing in it says whether there was one to be found, except told_at.';
comment on column recoveries.box is 'Voucher and birth date as they were asked with, sealed. Null once it was looked up for the last time.';
comment on column recoveries.next_at is 'When it is looked up next. Null: not any more.';

grant select (campaign_id, fingerprint), insert (campaign_id, fingerprint, voucher_key, box),
  update (voucher_key, box, asked_at, next_at, tries) on recoveries to junban_api;
grant select on recoveries to junban_notifier;
grant update (box, next_at, tries, told_at) on recoveries to junban_notifier;
grant select (campaign_id, fingerprint, asked_at), delete on recoveries to junban_janitor;

alter table recoveries enable row level security;
alter table recoveries force row level security;
create policy recoveries_asked_by_api on recoveries to junban_api using (true) with check (true);
create policy recoveries_answered_by_notifier on recoveries to junban_notifier using (true) with check (true);
create policy recoveries_read_by_janitor on recoveries for select to junban_janitor using (true);
create policy recoveries_deleted_by_janitor on recoveries for delete to junban_janitor using (true);

-- The notifier tells the fresh receipt, which names the batch and the place in it.
grant insert (campaign_id, reservation_id, event) on outbox to junban_notifier;
grant select (voucher_key) on reservations to junban_notifier;
grant select (id, campaign_id, lane, first_number, last_number) on batches to junban_notifier;
create policy batches_named_by_notifier on batches for select to junban_notifier using (true);
create policy reservations_recovered_by_notifier on reservations for select to junban_notifier using (
  exists (select from recoveries
           where recoveries.campaign_id = reservations.campaign_id and recoveries.voucher_key = reservations.voucher_key
             and next_at is not null));

-- What an operator looked at within a day is counted.
create index audit_of_operator on audit (operator, at);

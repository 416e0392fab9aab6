-- The tables of the two peers that write to Postgres: what ours keeps of a booking, without log, numbers and decisions.

create table slots (
  campaign_id text not null,
  id          text not null,
  location_id text not null,
  starts_at   timestamptz not null,
  ends_at     timestamptz not null,
  capacity    integer not null,
  booked      integer not null default 0,
  primary key (campaign_id, id),
  constraint slots_never_oversold check (0 <= booked and booked <= capacity)
) with (fillfactor = 70);

create table reservations (
  id          uuid primary key,
  campaign_id text not null,
  voucher_key bytea not null,
  status      text not null,
  reason      text,
  waitlist    boolean not null,
  box         bytea,
  created_at  timestamptz not null default now()
);
alter table reservations alter column box set storage external;
create unique index reservations_one_per_voucher on reservations (campaign_id, voucher_key)
  where status in ('booked', 'waitlisted');

create table appointments (
  reservation_id uuid not null references reservations,
  dose           smallint not null,
  campaign_id    text not null,
  slot_id        text not null,
  primary key (reservation_id, dose),
  constraint appointments_in_a_slot foreign key (campaign_id, slot_id) references slots
);
create index appointments_by_slot on appointments (campaign_id, slot_id);

create table outbox (
  id             bigint generated always as identity primary key,
  campaign_id    text not null,
  reservation_id uuid not null,
  event          text not null,
  created_at     timestamptz not null default now(),
  sent_at        timestamptz
);
create index outbox_unsent on outbox (id) where sent_at is null;

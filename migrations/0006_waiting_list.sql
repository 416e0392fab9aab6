-- The waiting list: one line per campaign, over all its lanes.
--
-- Safe while the previous version runs: columns are added, and it puts nobody in line. It takes a seat that was given back, though, which
-- somebody waits for: start the new allocators together.

alter table reservations
  add column waitlist_place    bigint,
  add column waitlist_revision bigint,
  add column changed_at        timestamptz,
  add constraint reservations_wait_in_line check (status <> 'waitlisted' or (waitlist_place is not null and choices is not null)),
  add constraint reservations_line_is_followed check ((waitlist_place is null) = (waitlist_revision is null));
comment on column reservations.waitlist_place is 'Its place in the campaign''s line, in the order of decisions over all lanes. Kept when it has left.';
comment on column reservations.waitlist_revision is 'Of writers.waitlist_revision, when it last joined, left, or wanted something else.';
comment on column reservations.changed_at is 'When it was last cancelled, moved, or given a seat from the line.';
create unique index reservations_one_per_place on reservations (campaign_id, waitlist_place) where waitlist_place is not null;
create index reservations_line_changes on reservations (campaign_id, waitlist_revision) where waitlist_revision is not null;
create index reservations_in_line on reservations (campaign_id, waitlist_place) where status = 'waitlisted';

alter table writers add column waitlist_revision bigint not null default 0;
comment on column writers.waitlist_revision is 'Rises with every transaction that changes who waits, so that another allocator reads only what changed.';

grant update (waitlist_revision) on writers to junban_allocator;
grant update (choices, waitlist_revision, changed_at) on reservations to junban_allocator;
grant select (waitlist_place, changed_at) on reservations to junban_api;

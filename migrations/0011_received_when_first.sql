-- Safe while the previous version runs: only says what is meant. Its batches are still dated when they are closed.

comment on column batches.received_at is
  'When the first request of the batch came, by the database''s clock as intake knew it: whether a campaign was closed is judged by it.';

-- Before an opening, while it is quiet, as superuser: makes 2 GB of write-ahead log ready. Postgres fills each new file of 16 MB with zeros
-- before it writes to it, while every commit waits; files that it has had already it uses again. Here they are made, and given back by the
-- checkpoint; `min_wal_size` of 2 GB keeps them. Takes some six seconds, in which commits wait now and then.

do $$ begin
  for i in 1..128 loop
    perform pg_logical_emit_message(false, 'junban', '');
    perform pg_switch_wal();
  end loop;
end $$;
checkpoint;

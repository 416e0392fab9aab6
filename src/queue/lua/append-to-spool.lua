-- Puts a batch at the end of its lane's spool, once.
--   KEYS  the spool (list of batch ids), the spooled (hash of batch id to batch)
--   ARGV  batch id, batch as JSON, '1' to append only if the spool is not empty
-- Returns 'spooled', or 'log' when the spool is empty and was to be joined only if not.
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then
  return 'spooled'
end
if ARGV[3] == '1' and redis.call('LLEN', KEYS[1]) == 0 then
  return 'log'
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('RPUSH', KEYS[1], ARGV[1])
return 'spooled'

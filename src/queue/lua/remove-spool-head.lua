-- Removes the head of a spool, if it is still the one that was logged: two may drain at once.
--   KEYS  the spool, the spooled
--   ARGV  batch id
-- Returns 1 when it was removed here, else 0.
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[1] then
  return 0
end
redis.call('LPOP', KEYS[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return 1

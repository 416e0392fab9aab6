-- Removes the first of a spool, as far as they are still those that were logged: two may drain at once.
--   KEYS  the spool, the spooled
--   ARGV  batch ids, in order
-- Returns how many were removed here.
for place, id in ipairs(ARGV) do
  if redis.call('LINDEX', KEYS[1], 0) ~= id then
    return place - 1
  end
  redis.call('LPOP', KEYS[1])
  redis.call('HDEL', KEYS[2], id)
end
return #ARGV

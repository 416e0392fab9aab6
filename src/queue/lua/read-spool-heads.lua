-- The first batches of a spool with their ids, as they are at one moment: read one after the other, a head that another took away
-- between two looks seems to have lost its batch.
--   KEYS  the spool, the spooled
--   ARGV  how many at most
-- Returns id and batch by turns; '' for a batch that is not there.
local found = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, ARGV[1] - 1)) do
  found[#found + 1] = id
  found[#found + 1] = redis.call('HGET', KEYS[2], id) or ''
end
return found

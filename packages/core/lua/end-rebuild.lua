-- Sets the epoch where the mark of the rebuild still stands: a Redis emptied meanwhile has lost part of what was rebuilt.
-- KEYS[1] epoch
-- ARGV mark of the rebuild, epoch
-- Returns 1 where it was set
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1

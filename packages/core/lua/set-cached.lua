-- Stores values of one group for a time, and notes their keys in the group's index.
-- KEYS[1] index: zset of the group's keys, all of score 0; KEYS[2..] one a value
-- ARGV time to live in ms, then for each value: its key in the group, JSON
-- Returns how many were stored
local ttl = tonumber(ARGV[1])
for i = 2, #KEYS do
  redis.call('SET', KEYS[i], ARGV[2 * i - 1], 'PX', ttl)
  redis.call('ZADD', KEYS[1], 0, ARGV[2 * i - 2])
end
if redis.call('PTTL', KEYS[1]) < ttl then redis.call('PEXPIRE', KEYS[1], ttl) end
return #KEYS - 1

-- Drops values of a group and their keys from its index.
-- KEYS[1] index of the group; KEYS[2..] one a value
-- ARGV 'all', or 'gone': only the keys whose value is not there (any more); then for each value its key in the group
-- Returns how many values were dropped
local dropped = 0
for i = 2, #KEYS do
  if ARGV[1] == 'all' or redis.call('EXISTS', KEYS[i]) == 0 then
    dropped = dropped + redis.call('DEL', KEYS[i])
    redis.call('ZREM', KEYS[1], ARGV[i])
  end
end
return dropped

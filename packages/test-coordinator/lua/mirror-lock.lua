-- Shows who holds a lock. A lower fence than the one that is shown is an earlier holder's, and changes nothing.
-- KEYS  1 the lock's hash
-- ARGV  1 fence  2 holder  3 life in milliseconds; 0 where it was given back
-- Returns 1 where it is shown now, else 0.
local known = redis.call('HGET', KEYS[1], 'fence')
if known and tonumber(known) > tonumber(ARGV[1]) then
  return 0
end
if ARGV[3] == '0' then
  return redis.call('UNLINK', KEYS[1])
end
redis.call('HSET', KEYS[1], 'fence', ARGV[1], 'holder', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1

-- Keeps where a run is, and wakes those who watch it. A step is told only of the run's present version or a later one.
-- KEYS  1 the run's hash  2 its stream
-- ARGV  1 version  2 life in milliseconds  3… member, value …
-- Returns 1, or 0 where a later version is there.
local known = redis.call('HGET', KEYS[1], 'version')
if known and tonumber(known) > tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', 1000, '*', 'version', ARGV[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1

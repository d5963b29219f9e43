-- Keeps a copy of an approval request, never an older one over a newer.
-- KEYS  1 the request
-- ARGV  1 version  2 life in milliseconds  3 the request as JSON
-- Returns nothing.
local kept = redis.call('HGET', KEYS[1], 'version')
if not kept or tonumber(kept) <= tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'version', ARGV[1], 'value', ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return nil

-- Stores a session of an account under the hash of its token.
-- KEYS  1 the session
-- ARGV  1 life in milliseconds
-- Returns { started, expires } in microseconds of Redis time, as text (16 digits: exact in Lua's numbers).
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local started = string.format('%.0f', now)
redis.call('HSET', KEYS[1], 'started', started, 'life', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return { started, string.format('%.0f', now + ARGV[1] * 1000) }

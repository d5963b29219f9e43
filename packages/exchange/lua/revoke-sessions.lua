-- Ends every session of an account that started until now.
-- KEYS  1 the account's last revocation
-- ARGV  1 the longest life of a session in milliseconds: once it is over, none from before can be alive untouched
-- Returns the moment in microseconds of Redis time, as text.
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000000 + time[2])
redis.call('SET', KEYS[1], now, 'PX', ARGV[1])
return now

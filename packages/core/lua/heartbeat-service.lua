-- Says that a registered service is alive, with a new report where one is given.
-- KEYS as in register-service
-- ARGV id, report JSON or ''
-- Returns now in ms, or nothing where the id is not registered (any more)
local id, report = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('HGET', KEYS[1], id)
if not known or tonumber(redis.call('ZSCORE', KEYS[2], id) or '0') <= now then return false end
local ttl = string.match(known, '^%d+ (%d+) ')
redis.call('ZADD', KEYS[2], string.format('%.0f', now + ttl), id)
if report ~= '' then redis.call('HSET', KEYS[1], id .. '|report', report) end
for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], 86400000) end
return string.format('%.0f', now)

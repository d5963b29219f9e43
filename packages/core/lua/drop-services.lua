-- Drops services: the one that is named, or those whose time has passed, a bounded number at once.
-- KEYS as in register-service
-- ARGV id or '', most to drop
-- Returns how many were dropped
local ids
if ARGV[1] ~= '' then
  ids = { ARGV[1] }
else
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  ids = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now), 'LIMIT', 0, tonumber(ARGV[2]))
end
local dropped = 0
for _, id in ipairs(ids) do
  local known = redis.call('HGET', KEYS[1], id)
  if known then
    local name = string.match(known, '^%d+ %d+ (%S+) ')
    redis.call('ZREM', KEYS[3], name .. '|' .. id)
    dropped = dropped + 1
  end
  redis.call('HDEL', KEYS[1], id, id .. '|report')
  redis.call('ZREM', KEYS[2], id)
end
return dropped

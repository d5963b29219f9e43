-- Writes a service's record, or replaces it. A registration that is still alive keeps the time it began.
-- KEYS[1] records: hash of id -> "<registered ms> <ttl ms> <name> <JSON>", and of id|report -> JSON
-- KEYS[2] expiries: zset of id by the millisecond at which it counts as gone
-- KEYS[3] index: zset of name|id, all of score 0, in text order
-- ARGV id, name, JSON, ttl in ms, report JSON
-- Returns { now ms, registered ms }
local id, name, record, ttl, report = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local registered = now
local known = redis.call('HGET', KEYS[1], id)
if known then
  local since, _, former = string.match(known, '^(%d+) (%d+) (%S+) ')
  if tonumber(redis.call('ZSCORE', KEYS[2], id) or '0') > now then registered = tonumber(since) end
  if former ~= name then redis.call('ZREM', KEYS[3], former .. '|' .. id) end
end
local head = string.format('%.0f %.0f ', registered, ttl)
redis.call('HSET', KEYS[1], id, head .. name .. ' ' .. record, id .. '|report', report)
redis.call('ZADD', KEYS[2], string.format('%.0f', now + ttl), id)
redis.call('ZADD', KEYS[3], 0, name .. '|' .. id)
-- Kept alive by those that are registered: a registry that nobody uses any more leaves nothing behind.
for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], 86400000) end
return { string.format('%.0f', now), string.format('%.0f', registered) }

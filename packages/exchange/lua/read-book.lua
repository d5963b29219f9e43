-- A whole book, for comparison and rebuilding an engine.
-- KEYS  1 head  2 orders  3 levels
-- ARGV  1 epoch
-- Returns { sequence, orders (id, 'side tick lots accepted', …), levels (field, value, …) }; nothing where there is no book of this epoch.
local head = redis.call('HMGET', KEYS[1], 'seq', 'epoch')
if not head[1] or head[2] ~= ARGV[1] then
  return nil
end
return { head[1], redis.call('HGETALL', KEYS[2]), redis.call('HGETALL', KEYS[3]) }

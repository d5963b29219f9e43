-- The best levels of both sides, hopping from level to level.
-- KEYS  1 head  2 bids  3 asks  4 levels
-- ARGV  1 epoch  2 number of levels
-- Returns { sequence, bids, asks }, a side being tick, lots, orders, tick, …; nothing where there is no book of this epoch.
local head = redis.call('HMGET', KEYS[1], 'seq', 'epoch')
if not head[1] or head[2] ~= ARGV[1] then
  return nil
end
local most = tonumber(ARGV[2])

local function side(key, letter)
  local ticks, fields = {}, {}
  local from = '-inf'
  while #ticks < most do
    local next = redis.call('ZRANGEBYSCORE', key, from, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    if not next[2] then
      break
    end
    from = '(' .. next[2]
    local tick = letter == 'b' and string.sub(next[2], 2) or next[2]
    ticks[#ticks + 1] = tick
    fields[#fields + 1] = letter .. tick
    fields[#fields + 1] = letter .. tick .. '#'
  end
  if #ticks == 0 then
    return {}
  end
  local totals = redis.call('HMGET', KEYS[4], unpack(fields))
  local flat = {}
  for n = 1, #ticks do
    flat[#flat + 1] = ticks[n]
    flat[#flat + 1] = totals[2 * n - 1]
    flat[#flat + 1] = totals[2 * n]
  end
  return flat
end

return { head[1], side(KEYS[2], 'b'), side(KEYS[3], 'a') }

-- Folds changes of a market into its book, each exactly once and in the market's dense sequence.
-- KEYS  1 head  2 bids  3 asks  4 orders  5 levels
-- ARGV  1 epoch, then six for each change: sequence, order id, side (b|a), tick, lots left (0: not in the book), accept sequence padded
--       to 16 digits. Lots are text throughout: they may exceed 2^53.
-- Returns { sequence reached, 1 } when all are in, { sequence reached, 0 } at a gap, { -1, 0 } where there is no book of this epoch.
local head = redis.call('HMGET', KEYS[1], 'seq', 'epoch')
if not head[1] or head[2] ~= ARGV[1] then
  return { -1, 0 }
end
local last = tonumber(head[1])
local start = last
local complete = 1

local function level(field, lots, count)
  redis.call('HINCRBY', KEYS[5], field, lots)
  if redis.call('HINCRBY', KEYS[5], field .. '#', count) == 0 then
    redis.call('HDEL', KEYS[5], field, field .. '#')
  end
end

local function set(id, side, tick, lots, accepted)
  local was = redis.call('HGET', KEYS[4], id)
  if was then
    local wasSide, wasTick, wasLots, wasAccepted = string.match(was, '(%a) (%d+) (%d+) (%d+)')
    level(wasSide .. wasTick, '-' .. wasLots, -1)
    if lots == '0' or wasTick ~= tick or wasAccepted ~= accepted then
      redis.call('ZREM', wasSide == 'b' and KEYS[2] or KEYS[3], wasAccepted .. ':' .. id)
    end
  end
  if lots == '0' then
    if was then
      redis.call('HDEL', KEYS[4], id)
    end
    return
  end
  redis.call('HSET', KEYS[4], id, side .. ' ' .. tick .. ' ' .. lots .. ' ' .. accepted)
  if side == 'b' then
    redis.call('ZADD', KEYS[2], '-' .. tick, accepted .. ':' .. id)
  else
    redis.call('ZADD', KEYS[3], tick, accepted .. ':' .. id)
  end
  level(side .. tick, lots, 1)
end

for i = 2, #ARGV, 6 do
  local seq = tonumber(ARGV[i])
  if seq > last + 1 then
    complete = 0
    break
  end
  if seq == last + 1 then
    set(ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5])
    last = seq
  end
end
if last > start then
  redis.call('HSET', KEYS[1], 'seq', string.format('%.0f', last))
end
return { last, complete }

-- Applies deltas to a book, each only where it follows what the book stands at. A gap marks the book, and it takes none until it is put anew.
-- KEYS  1 head  2 bids  3 asks  4 quantities  5 log of what is to be archived
-- ARGV  for each delta: sequence, the one it follows, microseconds, text for the log, number of changes, then four for each change: side (b|a),
--       tick, price, quantity (0: the level is gone).
-- Returns for each 1 where it was applied, 0 where the book was past it, -1 where something is missing before it.
local head = redis.call('HMGET', KEYS[1], 'seq', 'stale')
local seq = head[1] and tonumber(head[1])
local whole = seq ~= false and seq ~= nil and head[2] ~= '1'
local outcomes = {}
local log = {}
local at
local i = 1
while i <= #ARGV do
  local first = i + 5
  local past = first + 4 * ARGV[i + 4]
  local number = tonumber(ARGV[i])
  if whole and number <= seq then
    outcomes[#outcomes + 1] = 0
  elseif whole and tonumber(ARGV[i + 1]) == seq then
    for c = first, past - 1, 4 do
      local level = ARGV[c] .. ARGV[c + 2]
      local side = ARGV[c] == 'b' and KEYS[2] or KEYS[3]
      if ARGV[c + 3] == '0' then
        redis.call('ZREM', side, ARGV[c + 2])
        redis.call('HDEL', KEYS[4], level)
      else
        redis.call('ZADD', side, ARGV[c + 1], ARGV[c + 2])
        redis.call('HSET', KEYS[4], level, ARGV[c + 3])
      end
    end
    seq = number
    at = ARGV[i + 2]
    log[#log + 1] = ARGV[i + 3]
    outcomes[#outcomes + 1] = 1
  else
    if whole then
      redis.call('HSET', KEYS[1], 'stale', '1')
    end
    whole = false
    outcomes[#outcomes + 1] = -1
  end
  i = past
end
if #log > 0 then
  redis.call('HSET', KEYS[1], 'seq', string.format('%.0f', seq), 'at', at)
  redis.call('XADD', KEYS[5], '*', 'd', table.concat(log, '\n'))
end
return outcomes

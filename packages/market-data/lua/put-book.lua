-- Puts a whole book in the place of what is there.
-- KEYS  1 head  2 bids  3 asks  4 quantities  5 log of what is to be archived
-- ARGV  1 sequence  2 microseconds  3 text for the log, then four for each level: side (b|a), tick, price, quantity.
-- Returns 1, or 0 where the book stands at this sequence or a later one and is whole.
local head = redis.call('HMGET', KEYS[1], 'seq', 'stale')
if head[1] and head[2] ~= '1' and tonumber(ARGV[1]) <= tonumber(head[1]) then
  return 0
end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
for i = 4, #ARGV, 4 do
  redis.call('ZADD', ARGV[i] == 'b' and KEYS[2] or KEYS[3], ARGV[i + 1], ARGV[i + 2])
  redis.call('HSET', KEYS[4], ARGV[i] .. ARGV[i + 2], ARGV[i + 3])
end
redis.call('HSET', KEYS[1], 'seq', ARGV[1], 'at', ARGV[2], 'stale', '0')
redis.call('XADD', KEYS[5], '*', 'd', ARGV[3])
return 1

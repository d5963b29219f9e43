-- The best levels of a book with the head they belong to.
-- KEYS  1 head  2 bids  3 asks  4 quantities
-- ARGV  1 levels of each side
-- Returns { sequence, microseconds, stale (0|1), bids, asks }, each side as price, quantity, …, best first; nothing where there is no book.
local head = redis.call('HMGET', KEYS[1], 'seq', 'at', 'stale')
if not head[1] then
  return {}
end
local function levels(prices, side)
  local found = {}
  for _, price in ipairs(prices) do
    found[#found + 1] = price
    found[#found + 1] = redis.call('HGET', KEYS[4], side .. price)
  end
  return found
end
return {
  head[1],
  head[2],
  head[3],
  levels(redis.call('ZREVRANGE', KEYS[2], 0, ARGV[1] - 1), 'b'),
  levels(redis.call('ZRANGE', KEYS[3], 0, ARGV[1] - 1), 'a'),
}

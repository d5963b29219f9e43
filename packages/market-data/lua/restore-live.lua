-- Brings back what the tables know of one symbol behind what has come since: nothing that is there is replaced by something older.
-- KEYS  1 last of each source  2 ring, newest first
-- ARGV  1 length of the ring  2 number of sources, then three for each: source, its last sequence, its last text;
--       then the texts of the ring, newest first, each as source|microseconds|sequence|…
local sources = tonumber(ARGV[2])
local start = 3 + 3 * sources
for i = 3, start - 1, 3 do
  local last = redis.call('HGET', KEYS[1], ARGV[i])
  local told = last and tonumber(string.match(last, '^[^|]*|[^|]*|(%d+)')) or -1
  if tonumber(ARGV[i + 1]) > told then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
  end
end
if #ARGV < start then
  return 0
end
local there = {}
for _, tick in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  there[tick] = true
end
for i = start, #ARGV do
  if not there[ARGV[i]] then
    redis.call('RPUSH', KEYS[2], ARGV[i])
  end
end
redis.call('LTRIM', KEYS[2], 0, ARGV[1] - 1)
return 0

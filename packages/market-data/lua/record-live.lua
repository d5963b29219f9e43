-- Takes ticks or quotes of one symbol, those of each source only with growing sequences, and keeps the last of each source, the ring and the log.
-- KEYS  1 last of each source  2 ring, newest first  3 log of what is to be archived
-- ARGV  1 length of the ring, 0 for none  2 number of sources, then four for each: source, its first and last sequence here, its last text;
--       then the texts, oldest first, each as source|microseconds|sequence|…, a line each in one argument.
-- Returns the places (from 1) of those that were not taken: their source had told their sequence or a later one already.
local sources = tonumber(ARGV[2])
local start = 3 + 4 * sources
local floors
for i = 3, start - 1, 4 do
  local last = redis.call('HGET', KEYS[1], ARGV[i])
  local told = last and tonumber(string.match(last, '^[^|]*|[^|]*|(%d+)')) or -1
  if tonumber(ARGV[i + 1]) <= told then
    floors = floors or {}
    floors[ARGV[i]] = told
  end
end

local texts = {}
local refused = {}
local lines = ARGV[start]
local place = 0
for text in string.gmatch(lines, '[^\n]+') do
  place = place + 1
  local floor = floors and floors[string.match(text, '^[^|]*')]
  if floor and tonumber(string.match(text, '^[^|]*|[^|]*|(%d+)')) <= floor then
    refused[#refused + 1] = place
  else
    texts[#texts + 1] = text
  end
end
if #texts == 0 then
  return refused
end

for i = 3, start - 1, 4 do
  local floor = floors and floors[ARGV[i]]
  if not floor or tonumber(ARGV[i + 2]) > floor then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 3])
  end
end
if ARGV[1] ~= '0' then
  for from = 1, #texts, 4000 do
    redis.call('LPUSH', KEYS[2], unpack(texts, from, math.min(from + 3999, #texts)))
  end
  redis.call('LTRIM', KEYS[2], 0, ARGV[1] - 1)
end
redis.call('XADD', KEYS[3], '*', 'd', #refused == 0 and lines or table.concat(texts, '\n'))
return refused

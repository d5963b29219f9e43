-- Keeps the copy of a row or set of rows, never an older one over a newer.
-- KEYS  1 the copy
-- ARGV  1 version  2 JSON  3 life in milliseconds  4 '1' where it is to replace whatever stands there: a rebuild
-- Returns 1 where it is kept now, 0 where a newer one stood there.
local kept = redis.call('GET', KEYS[1])
if ARGV[4] ~= '1' and kept and tonumber(string.match(kept, '^%d+')) > tonumber(ARGV[1]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
return 1

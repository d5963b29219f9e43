-- Keeps copies of rows, never an older one over a newer. A row that is gone leaves its version behind, for as long as the key lives.
-- KEYS  one deployment each
-- ARGV  1 life in milliseconds  2 '1' where all rows of each key are given, so that the copy is complete from now on,
--       then for each key: number of rows, and for each: its name, its version, its JSON ('' where it is gone)
-- Returns nothing.
local i = 3
for k = 1, #KEYS do
  local rows = tonumber(ARGV[i])
  i = i + 1
  for _ = 1, rows do
    local kept = redis.call('HGET', KEYS[k], ARGV[i])
    if not kept or tonumber(string.match(kept, '^%d+')) < tonumber(ARGV[i + 1]) then
      redis.call('HSET', KEYS[k], ARGV[i], ARGV[i + 1] .. ' ' .. ARGV[i + 2])
    end
    i = i + 3
  end
  if ARGV[2] == '1' then
    redis.call('HSET', KEYS[k], 'complete', '1 ')
  end
  -- From the fill on and no longer: a refresh that was lost heals with the next one.
  if ARGV[2] == '1' or redis.call('PTTL', KEYS[k]) < 0 then
    redis.call('PEXPIRE', KEYS[k], ARGV[1])
  end
end
return nil

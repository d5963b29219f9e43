-- Keeps copies of what PostgreSQL holds, never an older version over a newer one.
-- KEYS  one hash each
-- ARGV  1 life in milliseconds  2 the field that says that a hash is complete  3 '1' where all fields of each hash are given, so that
--       it is complete from now on, then for each key: number of fields, and for each: field, version, value
-- Returns nothing.
local i = 4
for k = 1, #KEYS do
  local fields = tonumber(ARGV[i])
  i = i + 1
  for _ = 1, fields do
    local kept = redis.call('HGET', KEYS[k], ARGV[i])
    if not kept or tonumber(string.match(kept, '^%d+')) < tonumber(ARGV[i + 1]) then
      redis.call('HSET', KEYS[k], ARGV[i], ARGV[i + 1] .. ' ' .. ARGV[i + 2])
    end
    i = i + 3
  end
  if ARGV[3] == '1' then
    redis.call('HSET', KEYS[k], ARGV[2], '1')
  end
  -- From the fill on and no longer: a refresh that was lost heals with the next one.
  if ARGV[3] == '1' or redis.call('PTTL', KEYS[k]) < 0 then
    redis.call('PEXPIRE', KEYS[k], ARGV[1])
  end
end
return nil

-- Keeps copies of balances, never an older one over a newer.
-- KEYS  one account each
-- ARGV  1 life in milliseconds  2 '1' where all assets of each account are given, so that the copy is complete from now on,
--       then for each key: number of assets, and for each: asset, version, posted, held, overdraft
-- Returns nothing.
local i = 3
for k = 1, #KEYS do
  local assets = tonumber(ARGV[i])
  i = i + 1
  for _ = 1, assets do
    local kept = redis.call('HGET', KEYS[k], ARGV[i])
    if not kept or tonumber(string.match(kept, '^%d+')) < tonumber(ARGV[i + 1]) then
      redis.call('HSET', KEYS[k], ARGV[i], table.concat(ARGV, ' ', i + 1, i + 4))
    end
    i = i + 5
  end
  if ARGV[2] == '1' then
    redis.call('HSET', KEYS[k], 'complete', '1')
  end
  -- From the fill on and no longer: a refresh that was lost heals with the next one.
  if ARGV[2] == '1' or redis.call('PTTL', KEYS[k]) < 0 then
    redis.call('PEXPIRE', KEYS[k], ARGV[1])
  end
end
return nil

-- Keeps when settlements are due next: a hint, the tables are the truth.
-- KEYS  1 the index
-- ARGV  1 most members  then for each settlement: id, due second or '-' for none, the second it was seen with or '-' for any
-- Returns nothing.
for i = 2, #ARGV, 3 do
  local known = ARGV[i + 2] ~= '-' and redis.call('ZSCORE', KEYS[1], ARGV[i])
  -- Noted anew by another since it was seen: that stands.
  if ARGV[i + 2] == '-' or (known and tonumber(known) == tonumber(ARGV[i + 2])) then
    if ARGV[i + 1] == '-' then
      redis.call('ZREM', KEYS[1], ARGV[i])
    else
      redis.call('ZADD', KEYS[1], ARGV[i + 1], ARGV[i])
    end
  end
end
-- The latest go first: they are found in the tables when they are due.
redis.call('ZREMRANGEBYRANK', KEYS[1], tonumber(ARGV[1]), -1)
return nil

-- Puts a book that was built to the side in the place of the live one, unless that one is of the same epoch and already further.
-- KEYS  1 head  2 bids  3 asks  4 orders  5 levels  6-10 the same, as built
-- ARGV  1 epoch  2 sequence of the built book  3 '1' to swap in any case (the live one was found wrong)
--       4 number of changes that the book was built of
-- Returns 1 when swapped, 0 when the live one stays, -1 when Redis was emptied under the building: nothing is swapped.
if redis.call('HGET', KEYS[6], 'seq') ~= ARGV[4] then
  redis.call('UNLINK', KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10])
  return -1
end
local head = redis.call('HMGET', KEYS[1], 'seq', 'epoch')
if ARGV[3] ~= '1' and head[1] and head[2] == ARGV[1] and tonumber(head[1]) >= tonumber(ARGV[2]) then
  redis.call('UNLINK', KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10])
  return 0
end
for n = 2, 5 do
  if redis.call('EXISTS', KEYS[n + 5]) == 1 then
    redis.call('RENAME', KEYS[n + 5], KEYS[n])
    redis.call('PERSIST', KEYS[n])
  else
    redis.call('UNLINK', KEYS[n])
  end
end
redis.call('UNLINK', KEYS[6])
redis.call('HSET', KEYS[1], 'seq', ARGV[2], 'epoch', ARGV[1])
return 1

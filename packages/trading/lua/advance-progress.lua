-- Moves the progress of a backtest on, never back.
-- KEYS  1 the backtest
-- ARGV  1 done  2 total  3 instant  4 life in milliseconds
-- Returns 1, or 0 where it is further already.
local done = redis.call('HGET', KEYS[1], 'done')
if done and tonumber(done) > tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'done', ARGV[1], 'total', ARGV[2], 'at', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1

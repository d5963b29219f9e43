-- Gives a value of a group another time to live, or counts one up that may not be there yet.
-- KEYS[1] index of the group; KEYS[2] the value
-- ARGV key in the group, time to live in ms ('' leaves it), what to add or ''
-- Returns the value of a counter, 1 for a value that was extended, nothing where there is none
-- Errors: NOTCOUNTER where what stands there is no whole number
local key, ttl, by = ARGV[1], ARGV[2], ARGV[3]
local there = redis.call('EXISTS', KEYS[2]) == 1
local answer = '1'
if by ~= '' then
  local added = redis.pcall('INCRBY', KEYS[2], by)
  local refused = type(added) == 'table' and added.err
  if not refused and math.abs(added) > 9007199254740991 then
    refused = true
    redis.call('DECRBY', KEYS[2], by)
  end
  if refused then return redis.error_reply('NOTCOUNTER no whole number that a double can hold') end
  answer = redis.call('GET', KEYS[2])
elseif not there then
  return false
end
if ttl ~= '' and (by == '' or not there) then redis.call('PEXPIRE', KEYS[2], ttl) end
redis.call('ZADD', KEYS[1], 0, key)
local left = redis.call('PTTL', KEYS[2])
if redis.call('PTTL', KEYS[1]) < left then redis.call('PEXPIRE', KEYS[1], left) end
return answer

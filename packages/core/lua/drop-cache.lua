-- Drops values and leaves a mark (see fill-cache), so that a reader on its way with an older value does not bring it back.
-- KEYS one a value
-- ARGV token of the mark, its time to live in ms, version or '': what is of this version or a later one is left
-- Returns how many were dropped
local dropped = 0
for _, key in ipairs(KEYS) do
  local held = tonumber(string.match(redis.call('GET', key) or '', '^!?(%d+):') or '0')
  local below = tonumber(ARGV[3])
  if not below or held < below then
    redis.call('SET', key, string.format('!%.0f:%s', math.max(held, below or 0), ARGV[1]), 'PX', ARGV[2])
    dropped = dropped + 1
  end
end
return dropped

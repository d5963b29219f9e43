-- Stores values, each unless something newer stands there. A value is `<version>:<JSON>`, a known absence `<version>:`, and
-- `!<version>:<token>` marks what was dropped, and the version below which nothing may come back. A mark gives way only to a
-- reader that found it before it read; a writer raises it.
-- KEYS one a value
-- ARGV time to live of a mark in ms; then for each value: version, JSON or '', time to live in ms,
--   what a reader found there before ('' where nothing), or '*' from a writer
-- Returns how many were stored
local stored = 0
for i, key in ipairs(KEYS) do
  local version, json, ttl, seen = unpack(ARGV, i * 4 - 2, i * 4 + 1)
  local current = redis.call('GET', key) or ''
  local floor, token = string.match(current, '^!(%d+)(:.*)$')
  local number, fits = tonumber(version), false
  if floor then
    floor = tonumber(floor)
    fits = seen == current and (json == '' or number >= floor)
    if fits and number < floor then version = string.format('%.0f', floor) end
    if seen == '*' and number > floor then redis.call('SET', key, '!' .. version .. token, 'PX', ARGV[1]) end
  else
    local held = string.match(current, '^(%d+):')
    fits = current == seen or current == '' or (held and tonumber(held) < number) or (not held and seen == '*')
  end
  if fits then
    redis.call('SET', key, version .. ':' .. json, 'PX', ttl)
    stored = stored + 1
  end
end
return stored

-- Appends events to the ingest buffer, all of them or none.
-- KEYS[1] the buffer, a stream
-- ARGV[1] events that it may hold; then for each event its JSON and the JSON of its context
-- Returns the number of events it holds then, or -1 where they do not fit.
local count = (#ARGV - 1) / 2
local held = redis.call('XLEN', KEYS[1])
if held + count > tonumber(ARGV[1]) then
  return -1
end
for i = 1, count do
  redis.call('XADD', KEYS[1], '*', 'event', ARGV[2 * i], 'context', ARGV[2 * i + 1])
end
return held + count

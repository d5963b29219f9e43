-- Appends events to a stream under the ids `<number>-0`, each only where it is the next number.
-- KEYS[1] stream
-- ARGV[1] number of the first event
-- ARGV[2] '1' where a stream that does not exist may begin with that number
-- ARGV then for each event: envelope, payload
-- Returns the stream's last number, or -1 where it does not exist and may not begin
local first = tonumber(ARGV[1])
local last = first - 1
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = tonumber(string.match(info[i + 1], '^(%d+)')) end
  end
elseif ARGV[2] ~= '1' then
  return -1
end
for i = 3, #ARGV, 2 do
  local number = first + (i - 3) / 2
  if number == last + 1 then
    redis.call('XADD', KEYS[1], string.format('%.0f-0', number), 'event', ARGV[i], 'payload', ARGV[i + 1])
    last = number
  end
end
return last

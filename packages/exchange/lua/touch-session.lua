-- Answers a session and prolongs its life, unless the account's sessions were revoked after it started.
-- KEYS  1 the session  2 the account's last revocation
-- Returns { started, expires } in microseconds of Redis time, as text; nothing where there is no such session.
local session = redis.call('HMGET', KEYS[1], 'started', 'life')
if not session[1] then
  return nil
end
local revoked = redis.call('GET', KEYS[2])
if revoked and tonumber(session[1]) <= tonumber(revoked) then
  redis.call('UNLINK', KEYS[1])
  return nil
end
redis.call('PEXPIRE', KEYS[1], session[2])
local time = redis.call('TIME')
return { session[1], string.format('%.0f', time[1] * 1000000 + time[2] + session[2] * 1000) }

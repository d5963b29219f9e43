-- An instant as payloads carry it: UTC with all six digits, whatever the session's time zone.
create or replace function instant_text(value timestamptz) returns text
language sql
stable
parallel safe
return to_char(value at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

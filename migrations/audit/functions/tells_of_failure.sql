-- Whether an event tells that something failed: by its type, or by a status in its payload, which is looked at as text because a source
-- may have written anything.
create or replace function tells_of_failure(p_type text, p_payload text) returns boolean
language sql
immutable
parallel safe
return p_type ~ '[.-](failed|error)$' or p_payload ~ '"status": ?"(failed|error)"';

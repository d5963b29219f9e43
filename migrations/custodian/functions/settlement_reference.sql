-- What a movement of an instruction is booked under: its id, and where it settles in parts the lots that have settled by it.
create or replace function settlement_reference(p_id text, p_lots integer, p_settled_lots integer) returns text
language sql
immutable
parallel safe
return case when p_lots = 1 then p_id else p_id || '/' || p_settled_lots::text end;

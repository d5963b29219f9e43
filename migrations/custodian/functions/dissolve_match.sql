-- Its lines and entries are free for the next run.
-- ok | same | unknown-match
create or replace function dissolve_match(p_id text, p_at timestamptz) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  m matches;
begin
  select * into m from matches where id = p_id for no key update;
  if m.id is null or m.dissolved_at is not null then
    return query select case when m.id is null then 'unknown-match' else 'same' end;
    return;
  end if;
  update matches set dissolved_at = p_at where id = p_id;
  update match_items set live = false where match_id = p_id;
  return query select 'ok';
end
$$;

-- The members of a JSON array of texts; null stays null.
create or replace function texts_of(p_array jsonb) returns text[]
language plpgsql
immutable
set search_path from current
as $$
begin
  return case when p_array is not null then array(select jsonb_array_elements_text(p_array)) end;
end
$$;

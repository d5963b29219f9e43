-- A source with the checkpoint that its reading begins with, at once. ok | same | source-conflict
create or replace function add_source(p_id text, p_name text, p_prefix text, p_instance text, p_start_after bigint) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  insert into sources (id, name, prefix, instance, start_after) values (p_id, p_name, p_prefix, p_instance, p_start_after)
  on conflict do nothing;
  if found then
    insert into inbox_checkpoints (consumer, source, publish_seq) values ('trail', p_id, p_start_after) on conflict do nothing;
    return query select 'ok';
  else
    return query select case when exists (select from sources as s where s.id = p_id and s.prefix = p_prefix) then 'same' else 'source-conflict' end;
  end if;
end
$$;

-- What is null stays as it is; p_version null means any.
-- ok | same | unknown-strategy | stale-version | illegal-transition | strategy-retired
create or replace function change_strategy(
  p_id text, p_version bigint, p_status text, p_name text, p_symbols text[], p_reason text,
  p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  s strategies;
begin
  select * into s from strategies where id = p_id for no key update;
  outcome := case
    when s.id is null then 'unknown-strategy'
    when coalesce(p_status, s.status) = s.status and coalesce(p_name, s.name) = s.name and coalesce(p_symbols, s.symbols) = s.symbols then 'same'
    when p_version <> s.version then 'stale-version'
    when s.status = 'retired' then 'strategy-retired'
    when p_status <> s.status and not exists (
      select from transitions where machine = 'strategy' and from_status = s.status and to_status = p_status) then 'illegal-transition'
    else 'ok'
  end;
  if outcome = 'ok' then
    update strategies set status = coalesce(p_status, status), name = coalesce(p_name, name), symbols = coalesce(p_symbols, symbols),
      version = version + 1
    where id = p_id;
    perform append_strategy_event(p_id, 'changed', p_reason, p_at, p_event_id, p_context);
  end if;
  return next;
end
$$;

-- Marks one that was applied meanwhile, or that somebody discards.
create or replace function resolve_quarantined_fill(
  p_venue text, p_trade_id text, p_order_id text, p_content_hash text, p_resolution text, p_note text, p_at timestamptz
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  q quarantined_fills;
begin
  select * into q from quarantined_fills
  where venue = p_venue and trade_id = p_trade_id and order_id = p_order_id and content_hash = p_content_hash for no key update;
  outcome := case when q.venue is null then 'unknown-quarantined-fill' when q.resolution = p_resolution then 'same'
    when q.resolution is not null then 'already-resolved' else 'ok' end;
  if outcome = 'ok' then
    update quarantined_fills set resolution = p_resolution, resolved_at = p_at, note = p_note
    where venue = p_venue and trade_id = p_trade_id and order_id = p_order_id and content_hash = p_content_hash;
  end if;
  return next;
end
$$;

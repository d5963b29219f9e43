-- Notes what is about to be asked of the venue; its state stays until the venue answers.
-- ok | same | unknown-order | order-closed
create or replace function request_order_change(
  p_id text, p_change text, p_reason text, p_at timestamptz, p_context write_context
) returns table (outcome text, "order" jsonb)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  o orders;
begin
  select * into o from orders where id = p_id for no key update;
  outcome := case
    when o.id is null then 'unknown-order'
    when o.closed_at is not null then 'order-closed'
    when p_change = 'cancel' and o.cancel_requested_at is not null then 'same'
    else 'ok'
  end;
  if outcome = 'ok' then
    update orders set cancel_requested_at = case when p_change = 'cancel' then p_at else cancel_requested_at end, version = version + 1
    where id = p_id returning * into o;
    perform append_order_event(o, p_change || '-requested', null, p_reason, p_at, p_context);
  end if;
  "order" := case when o.id is not null then order_json(o) end;
  return next;
end
$$;

-- The event `netting.changed` of what a batch now is.
create or replace function append_netting_event(p_id text, p_reason text, p_at timestamptz, p_event_id text, p_context write_context) returns void
language plpgsql
set search_path from current
as $$
declare
  b netting_batches;
begin
  select * into b from netting_batches where id = p_id;
  perform append_event(p_event_id, 'netting.changed', 'netting-batch', b.id, b.version, jsonb_strip_nulls(jsonb_build_object(
    'nettingBatchId', b.id, 'status', b.status, 'source', b.source, 'intendedDate', b.intended_date, 'cutoffAt', instant_text(b.cutoff_at),
    'dueAt', instant_text(b.due_at), 'instructions', b.instructions, 'obligations', (
      select coalesce(jsonb_agg(jsonb_build_object('custodyAccountId', o.account_id, 'asset', o.asset, 'amount', trim_scale(o.amount)::text) order by o.n), '[]')
      from net_obligations as o where o.batch_id = b.id),
    'reason', p_reason, 'batchVersion', b.version)), p_at, p_context);
end
$$;

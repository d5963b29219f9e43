-- Gives the instructions of an open batch back: each settles by itself again, or fails as before.
-- ok | same | unknown-batch | batch-settled
create or replace function cancel_netting_batch(p_id text, p_reason text, p_at timestamptz, p_event_id text, p_context write_context)
returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  b netting_batches;
  v_instructions settlement_instructions[];
  v_now timestamptz;
begin
  v_instructions := array(select s from settlement_instructions as s where s.netting_batch_id = p_id and s.status = 'netted' order by s.id for no key update);
  select * into b from netting_batches where id = p_id for no key update;
  outcome := case when b.id is null then 'unknown-batch' when b.status = 'cancelled' then 'same' when b.status = 'settled' then 'batch-settled' else 'ok' end;
  if outcome = 'ok' then
    v_now := clock_timestamp();
    update netting_batches set status = 'cancelled', closed_at = p_at, version = version + 1 where id = p_id;
    perform append_netting_event(p_id, p_reason, p_at, p_event_id, p_context);
    with given_back as (
      update settlement_instructions as s set netting_batch_id = null, next_attempt_at = s.due_at, version = s.version + 1, recorded_at = v_now,
        status = case when exists (select from settlement_fails as f where f.instruction_id = s.id and f.ended_at is null) then 'failing' else 'pending' end
      from unnest(v_instructions) as i where s.id = i.id
      returning s.id, s.version, s.status
    )
    insert into settlement_events (instruction_id, version, type, status, settled_lots, reason, actor, occurred_at, recorded_at)
    select g.id, g.version, 'unnetted', g.status, 0, p_reason, p_context.actor, p_at, v_now from given_back as g;
  end if;
  return next;
end
$$;

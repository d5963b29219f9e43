-- Nets what of a source is to settle on a date, was traded before the cut-off, has not begun to settle, and is neither held nor delayed.
-- ok | same | id-conflict | nothing-to-net
create or replace function net_settlements(
  p_id text, p_source text, p_intended_date date, p_cutoff_at timestamptz, p_request_hash text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_hash text;
  v_instructions settlement_instructions[];
  v_now timestamptz;
begin
  select b.request_hash into v_hash from netting_batches as b where b.id = p_id;
  if not found then
    v_instructions := array(
      select s from settlement_instructions as s
      where s.source = p_source and s.intended_date = p_intended_date and s.traded_at < p_cutoff_at and s.status in ('pending', 'failing')
        and s.settled_lots = 0 and not s.on_hold and (s.delayed_until is null or s.delayed_until <= p_at)
      order by s.id for no key update);
    -- Another run of the same batch may have been waited for.
    select b.request_hash into v_hash from netting_batches as b where b.id = p_id;
  end if;
  if v_hash is not null then
    return query select case when v_hash = p_request_hash then 'same' else 'id-conflict' end;
    return;
  end if;
  if cardinality(v_instructions) = 0 then
    return query select 'nothing-to-net';
    return;
  end if;
  v_now := clock_timestamp();
  insert into netting_batches (id, source, intended_date, cutoff_at, input_hash, instructions, due_at, request_hash, correlation_id, event_id, netted_at)
  select p_id, p_source, p_intended_date, p_cutoff_at, encode(sha256(string_agg(i.id || ':' || i.version, ',' order by i.id)::bytea), 'hex'),
    count(*), max(i.due_at), p_request_hash, p_context.correlation_id, p_event_id, p_at
  from unnest(v_instructions) as i
  on conflict do nothing;
  if not found then
    raise exception 'netted meanwhile' using errcode = 'serialization_failure';
  end if;
  insert into net_obligations (batch_id, n, account_id, asset, amount)
  select p_id, row_number() over (order by net.account_id, net.asset), net.account_id, net.asset, net.amount
  from (
    select side.account_id, side.asset, sum(side.amount) as amount
    from unnest(v_instructions) as i
    join settlement_legs as l on l.instruction_id = i.id
    cross join lateral (values (l.from_account_id, l.asset, -l.qty), (l.to_account_id, l.asset, l.qty)) as side (account_id, asset, amount)
    group by side.account_id, side.asset having sum(side.amount) <> 0) as net;
  update settlement_instructions as s set status = 'netted', netting_batch_id = p_id, next_attempt_at = null, version = s.version + 1, recorded_at = v_now
  from unnest(v_instructions) as i where s.id = i.id;
  insert into settlement_events (instruction_id, version, type, status, settled_lots, reason, actor, occurred_at, recorded_at)
  select i.id, i.version + 1, 'netted', 'netted', 0, p_id, p_context.actor, p_at, v_now from unnest(v_instructions) as i;
  perform append_netting_event(p_id, null, p_at, p_event_id, p_context);
  return query select 'ok';
end
$$;

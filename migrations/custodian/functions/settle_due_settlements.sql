-- Claims what is due and nobody else has claimed, by date and priority, and carries it as far as it goes at p_at. What is unsettled after
-- its last cut-off fails, and is tried again every p_retry_after. Event ids: one an instruction for what settles, one for what fails.
create or replace function settle_due_settlements(
  p_at timestamptz, p_limit integer, p_retry_after interval, p_settled_event_ids text[], p_failed_event_ids text[], p_context write_context
) returns table (id text, status text, reason text, moved_lots integer, next_attempt_at timestamptz)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_instructions settlement_instructions[];
  v_contexts write_context[];
  v_leg_members integer[]; v_leg_ns integer[]; v_leg_kinds text[]; v_leg_froms text[]; v_leg_tos text[]; v_leg_assets text[]; v_leg_lot_qtys numeric[];
  v_reasons text[]; v_lots integer[]; v_net_members integer[]; v_net_accounts text[]; v_net_assets text[]; v_net_amounts numeric[]; v_held holdings[];
  v_instruction settlement_instructions;
  v_failed boolean[] := '{}';
  v_now timestamptz;
begin
  v_instructions := array(
    select s from settlement_instructions as s
    where s.status in ('pending', 'partially-settled', 'failing') and s.next_attempt_at is not null and s.next_attempt_at <= p_at
    order by s.intended_date, s.priority, s.id limit p_limit for no key update skip locked);
  if cardinality(v_instructions) = 0 then
    return;
  end if;
  select array_agg(i.ordinality), array_agg(l.n), array_agg(l.kind), array_agg(l.from_account_id), array_agg(l.to_account_id),
    array_agg(l.asset), array_agg(l.lot_qty)
  into v_leg_members, v_leg_ns, v_leg_kinds, v_leg_froms, v_leg_tos, v_leg_assets, v_leg_lot_qtys
  from unnest(v_instructions) with ordinality as i join settlement_legs as l on l.instruction_id = i.id;
  -- What a worker does goes on in the flow that registered the instruction, after its registration.
  v_contexts := array(
    select row(p_context.trace_id, p_context.span_id, coalesce(i.correlation_id, p_context.correlation_id), i.event_id, p_context.actor,
      null, null, null, null)::write_context
    from unnest(v_instructions) with ordinality as i order by i.ordinality);

  select d.reasons, d.lots, d.net_members, d.net_accounts, d.net_assets, d.net_amounts, d.held
  into v_reasons, v_lots, v_net_members, v_net_accounts, v_net_assets, v_net_amounts, v_held
  from decide_settlements(v_instructions, v_leg_members, v_leg_froms, v_leg_tos, v_leg_assets, v_leg_lot_qtys, p_at) as d;
  v_now := clock_timestamp();
  for i in 1 .. cardinality(v_instructions) loop
    v_instruction := v_instructions[i];
    if v_lots[i] > 0 then
      v_instruction := after_lots(v_instruction, v_lots[i], p_at);
    end if;
    v_instruction.recorded_at := v_now;
    v_instructions[i] := v_instruction;
  end loop;
  perform move_settlements(v_instructions, v_lots, v_net_members, v_net_accounts, v_net_assets, v_net_amounts, v_held,
    v_leg_members, v_leg_ns, v_leg_kinds, v_leg_froms, v_leg_tos, v_leg_assets, v_leg_lot_qtys, p_at, v_now, p_settled_event_ids, v_contexts);

  for i in 1 .. cardinality(v_instructions) loop
    v_instruction := v_instructions[i];
    v_failed := v_failed || (v_instruction.status in ('pending', 'partially-settled') and v_instruction.cuts_off_at <= p_at);
    if v_failed[i] then
      v_instruction.status := 'failing';
      v_instruction.version := v_instruction.version + 1;
    end if;
    v_instruction.next_attempt_at := case
      when v_instruction.status = 'settled' then null
      -- Looked at once more at its cut-off, and then only after its release.
      when v_instruction.on_hold then case when v_instruction.cuts_off_at > p_at then v_instruction.cuts_off_at end
      else least(greatest(p_at + p_retry_after, case when v_reasons[i] = 'delayed' then v_instruction.delayed_until end),
        case when v_instruction.cuts_off_at > p_at then v_instruction.cuts_off_at end)
    end;
    v_instructions[i] := v_instruction;
  end loop;

  update settlement_instructions as s set status = i.status, settled_lots = i.settled_lots, closed_at = i.closed_at, version = i.version,
    next_attempt_at = i.next_attempt_at, recorded_at = i.recorded_at
  from unnest(v_instructions) as i where s.id = i.id;
  update settlement_fails as f set ended_at = case when i.status = 'settled' then greatest(p_at, f.failed_at) end, recycles = f.recycles + 1
  from unnest(v_instructions) as i where i.status in ('failing', 'settled') and f.instruction_id = i.id and f.ended_at is null;

  if true = any (v_failed) then
    perform fail_settlements(v_instructions, v_failed, v_reasons, p_at, v_now, p_failed_event_ids, v_contexts);
  end if;
  return query
    select i.id, i.status::text, r.reason, r.lots, i.next_attempt_at
    from unnest(v_instructions) with ordinality as i
    join unnest(v_reasons, v_lots) with ordinality as r (reason, lots, n) on r.n = i.ordinality;
end
$$;

-- Registers instructions that are not there yet and carries each as far as it goes at p_at, in the order given. The same instruction
-- again goes on where it stands and never moves twice. A leg names its member by its place, and its quantity is that of one lot.
-- ok | same | id-conflict | unknown-account | not-a-holder | account-closed | outside-calendar
create or replace function process_settlements(
  p_ids text[], p_sources text[], p_references text[], p_traded_ats timestamptz[], p_cycles integer[], p_priorities integer[],
  p_on_holds boolean[], p_lots integer[], p_minimum_lots integer[], p_request_hashes text[],
  p_leg_members integer[], p_leg_ns integer[], p_leg_kinds text[], p_leg_froms text[], p_leg_tos text[], p_leg_assets text[],
  p_leg_lot_qtys numeric[], p_at timestamptz, p_registered_event_ids text[], p_settled_event_ids text[], p_contexts write_context[]
) returns table (
  n integer, outcome text, reason text, id text, status text, settled_lots integer, priority smallint, on_hold boolean, intended_date date,
  due_at timestamptz, cuts_off_at timestamptz, delayed_until timestamptz, netting_batch_id text, traded_at timestamptz, registered_at timestamptz,
  closed_at timestamptz, version bigint
)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  -- What is there, or comes with an earlier member: found by its key, and placed among the decided with the first member that goes on with it.
  v_known settlement_instructions[];
  v_keys text[];
  v_known_places integer[];
  v_taken_ids text[];
  v_refusals text[];
  v_asset_keys text[];
  v_outcomes text[] := '{}';
  v_places integer[] := '{}';
  -- The decided, by place.
  v_instructions settlement_instructions[] := '{}';
  v_new boolean[] := '{}';
  v_members integer[] := '{}';
  v_event_ids text[];
  v_contexts write_context[];
  v_fresh settlement_instructions[] := '{}';
  v_leg_places integer[]; v_leg_ns integer[]; v_leg_kinds text[]; v_leg_froms text[]; v_leg_tos text[]; v_leg_assets text[]; v_leg_lot_qtys numeric[];
  v_reasons text[]; v_lots integer[]; v_net_members integer[]; v_net_accounts text[]; v_net_assets text[]; v_net_amounts numeric[]; v_held holdings[];
  v_date_key text; v_intended date; v_opens timestamptz; v_cuts_off timestamptz; v_versions jsonb; v_from timestamptz; v_until timestamptz;
  v_now timestamptz;
  v_instruction settlement_instructions;
  v_outcome text;
  v_place integer;
  v_inserted integer;
  r record;
  k integer;
begin
  v_known := array(
    select s from (select distinct m.source, m.reference from unnest(p_sources, p_references) as m (source, reference)) as m
    join settlement_instructions as s on s.source = m.source and s.reference = m.reference
    order by s.id for no key update of s);
  v_keys := array(select s.source || ' ' || s.reference from unnest(v_known) with ordinality as s order by s.ordinality);
  v_known_places := array_fill(null::integer, array[cardinality(v_known)]);
  v_taken_ids := array(select s.id from settlement_instructions as s where s.id = any (p_ids));

  select array_agg(l.refusal order by l.member), array_agg(l.asset_key order by l.member) into v_refusals, v_asset_keys
  from (
    select l.member, string_agg(distinct l.asset, ' ') as asset_key, case
        when bool_or(f.id is null or t.id is null) then 'unknown-account'
        when bool_or(f.kind in ('master', 'omnibus') or t.kind in ('master', 'omnibus')) then 'not-a-holder'
        when bool_or(f.status = 'closed' or t.status = 'closed') then 'account-closed'
      end as refusal
    from unnest(p_leg_members, p_leg_froms, p_leg_tos, p_leg_assets) as l (member, from_id, to_id, asset)
    left join custody_accounts as f on f.id = l.from_id
    left join custody_accounts as t on t.id = l.to_id
    group by l.member) as l;

  for r in
    select * from unnest(p_ids, p_sources, p_references, p_traded_ats, p_cycles, p_priorities, p_on_holds, p_lots, p_minimum_lots,
      p_request_hashes, v_refusals, v_asset_keys, p_registered_event_ids, p_contexts) with ordinality
      as m (id, source, reference, traded_at, cycle, priority, on_hold, lots, minimum_lots, request_hash, refusal, asset_key, event_id,
        trace_id, span_id, correlation_id, causation_id, actor, run_id, fence, context_source, source_seq, n)
  loop
    v_place := null;
    k := array_position(v_keys, r.source || ' ' || r.reference);
    if k is not null then
      v_instruction := v_known[k];
      v_outcome := case when v_instruction.request_hash = r.request_hash then 'same' else 'id-conflict' end;
      if v_outcome = 'same' then
        if v_known_places[k] is null then
          v_instructions := v_instructions || v_instruction;
          v_new := v_new || false;
          v_members := v_members || r.n::integer;
          v_known_places[k] := cardinality(v_members);
        end if;
        v_place := v_known_places[k];
      end if;
    elsif r.id = any (v_taken_ids) then
      v_outcome := 'id-conflict';
    elsif r.refusal is not null then
      v_outcome := r.refusal;
    else
      if v_date_key is distinct from r.asset_key || r.cycle or r.traded_at < v_from or r.traded_at >= v_until then
        select d.intended_date, d.opens_at, d.cuts_off_at, d.calendar_versions, d.valid_from, d.valid_until
        into v_intended, v_opens, v_cuts_off, v_versions, v_from, v_until
        from settlement_date(string_to_array(r.asset_key, ' '), r.traded_at, r.cycle) as d;
        v_date_key := case when v_intended is not null then r.asset_key || r.cycle end;
      end if;
      v_outcome := case when v_intended is null then 'outside-calendar' else 'ok' end;
      if v_outcome = 'ok' then
        v_instruction := null;
        v_instruction.id := r.id;
        v_instruction.source := r.source;
        v_instruction.reference := r.reference;
        v_instruction.traded_at := r.traded_at;
        v_instruction.cycle := r.cycle;
        v_instruction.calendar_versions := v_versions;
        v_instruction.intended_date := v_intended;
        v_instruction.due_at := greatest(v_opens, r.traded_at);
        v_instruction.cuts_off_at := v_cuts_off;
        v_instruction.next_attempt_at := case when r.on_hold then v_cuts_off else v_instruction.due_at end;
        v_instruction.priority := r.priority;
        v_instruction.on_hold := r.on_hold;
        v_instruction.lots := r.lots;
        v_instruction.minimum_lots := r.minimum_lots;
        v_instruction.settled_lots := 0;
        v_instruction.status := 'pending';
        v_instruction.request_hash := r.request_hash;
        v_instruction.source_seq := case when r.context_source = r.source then r.source_seq end;
        v_instruction.correlation_id := r.correlation_id;
        v_instruction.event_id := r.event_id;
        v_instruction.version := 1;
        v_instruction.registered_at := p_at;
        v_instructions := v_instructions || v_instruction;
        v_new := v_new || true;
        v_members := v_members || r.n::integer;
        v_place := cardinality(v_members);
        v_keys := v_keys || (r.source || ' ' || r.reference);
        v_known := v_known || v_instruction;
        v_known_places := v_known_places || v_place;
        v_taken_ids := v_taken_ids || r.id;
      end if;
    end if;
    v_outcomes := v_outcomes || v_outcome;
    v_places := v_places || v_place;
  end loop;

  if cardinality(v_instructions) > 0 then
    -- A repeat has the same legs, so those that came with the first member are the legs of the place.
    select array_agg(m.place), array_agg(l.n), array_agg(l.kind), array_agg(l.from_id), array_agg(l.to_id), array_agg(l.asset), array_agg(l.lot_qty)
    into v_leg_places, v_leg_ns, v_leg_kinds, v_leg_froms, v_leg_tos, v_leg_assets, v_leg_lot_qtys
    from unnest(v_members) with ordinality as m (member, place)
    join unnest(p_leg_members, p_leg_ns, p_leg_kinds, p_leg_froms, p_leg_tos, p_leg_assets, p_leg_lot_qtys)
      as l (member, n, kind, from_id, to_id, asset, lot_qty) on l.member = m.member;

    select d.reasons, d.lots, d.net_members, d.net_accounts, d.net_assets, d.net_amounts, d.held
    into v_reasons, v_lots, v_net_members, v_net_accounts, v_net_assets, v_net_amounts, v_held
    from decide_settlements(v_instructions, v_leg_places, v_leg_froms, v_leg_tos, v_leg_assets, v_leg_lot_qtys, p_at) as d;
    v_now := clock_timestamp();
    for i in 1 .. cardinality(v_instructions) loop
      v_instruction := v_instructions[i];
      v_instruction.recorded_at := v_now;
      if v_lots[i] > 0 then
        v_instruction := after_lots(v_instruction, v_lots[i], p_at);
      end if;
      v_instructions[i] := v_instruction;
      if v_new[i] then
        v_fresh := v_fresh || v_instruction;
      end if;
    end loop;
  end if;

  if cardinality(v_fresh) > 0 then
    insert into settlement_instructions select * from unnest(v_fresh) on conflict do nothing;
    get diagnostics v_inserted = row_count;
    if v_inserted < cardinality(v_fresh) then
      -- Registered by another meanwhile: all of it once more, and it is found.
      raise exception 'registered meanwhile' using errcode = 'serialization_failure';
    end if;
    with leg as (
      select l.place, l.n, l.kind, l.from_id, l.to_id, l.asset, l.lot_qty * i.lots as qty, l.lot_qty, i.id
      from unnest(v_leg_places, v_leg_ns, v_leg_kinds, v_leg_froms, v_leg_tos, v_leg_assets, v_leg_lot_qtys)
        as l (place, n, kind, from_id, to_id, asset, lot_qty)
      join unnest(v_instructions) with ordinality as i on i.ordinality = l.place
      where v_new[l.place]
    ),
    legs as (
      insert into settlement_legs (instruction_id, n, kind, from_account_id, to_account_id, asset, qty, lot_qty)
      select leg.id, leg.n, leg.kind, leg.from_id, leg.to_id, leg.asset, leg.qty, leg.lot_qty from leg
    ),
    told as (
      select leg.place, jsonb_agg(settlement_leg_json(leg.n, leg.kind, leg.from_id, leg.to_id, leg.asset, leg.qty) order by leg.n) as legs
      from leg group by leg.place
    ),
    fresh as (
      select i.*, told.legs, c.trace_id, c.span_id, c.causation_id, c.actor, c.run_id, c.fence, c.source as context_source, c.source_seq as context_seq
      from unnest(v_instructions) with ordinality as i
      join told on told.place = i.ordinality
      join unnest(p_contexts) with ordinality as c on c.ordinality = v_members[i.ordinality]
    ),
    history as (
      insert into settlement_events (instruction_id, version, type, status, settled_lots, actor, occurred_at, recorded_at)
      select f.id, 1, 'registered', 'pending', 0, f.actor, p_at, v_now from fresh as f
    )
    insert into outbox (event_id, type, aggregate, aggregate_id, aggregate_version, payload, occurred_at, recorded_at,
      trace_id, span_id, correlation_id, causation_id, actor, run_id, fence, source, source_seq)
    select f.event_id, 'settlement.registered', 'settlement', f.id, 1, jsonb_build_object('settlementId', f.id, 'source', f.source,
        'reference', f.reference, 'status', 'pending', 'tradedAt', instant_text(f.traded_at), 'cycle', f.cycle, 'intendedDate', f.intended_date,
        'dueAt', instant_text(f.due_at), 'cutsOffAt', instant_text(f.cuts_off_at), 'priority', f.priority, 'onHold', f.on_hold,
        'lots', f.lots, 'legs', f.legs, 'settlementVersion', 1),
      p_at, v_now, f.trace_id, f.span_id, f.correlation_id, f.causation_id, f.actor, f.run_id, f.fence, f.context_source, f.context_seq
    from fresh as f order by f.ordinality;
  end if;

  if cardinality(v_instructions) > 0 then
    v_event_ids := array(select p_settled_event_ids[m.member] from unnest(v_members) with ordinality as m (member, place) order by m.place);
    v_contexts := array(select p_contexts[m.member] from unnest(v_members) with ordinality as m (member, place) order by m.place);
    perform move_settlements(v_instructions, v_lots, v_net_members, v_net_accounts, v_net_assets, v_net_amounts, v_held,
      v_leg_places, v_leg_ns, v_leg_kinds, v_leg_froms, v_leg_tos, v_leg_assets, v_leg_lot_qtys, p_at, v_now, v_event_ids, v_contexts);
    if false = any (v_new) then
      perform store_settlements(v_instructions,
        array(select case when u.is_new then 0 else u.moved end from unnest(v_new, v_lots) with ordinality as u (is_new, moved, place) order by u.place), p_at);
    end if;
  end if;

  for r in select * from unnest(v_outcomes, v_places, p_ids) with ordinality as m (outcome, place, id, n) loop
    n := r.n;
    outcome := r.outcome;
    v_instruction := case when r.place is not null then v_instructions[r.place] end;
    reason := case when v_instruction.status <> 'settled' then v_reasons[r.place] end;
    id := coalesce(v_instruction.id, r.id);
    status := v_instruction.status; settled_lots := v_instruction.settled_lots; priority := v_instruction.priority;
    on_hold := v_instruction.on_hold; intended_date := v_instruction.intended_date; due_at := v_instruction.due_at;
    cuts_off_at := v_instruction.cuts_off_at; delayed_until := v_instruction.delayed_until; netting_batch_id := v_instruction.netting_batch_id;
    traded_at := v_instruction.traded_at; registered_at := v_instruction.registered_at; closed_at := v_instruction.closed_at;
    version := v_instruction.version;
    return next;
  end loop;
end
$$;

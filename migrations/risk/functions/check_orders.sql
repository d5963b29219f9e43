-- Decides orders in the order given: throttle, switch, locks, limits; and reserves for those it allows, all under the rows of their scopes,
-- so that two orders never share the last of a limit. What reduces a position passes the limits of exposure and loss. A decision is
-- written whatever it is; an order that no limit looks at is allowed. What a batch needs is read once and kept in arrays; it is written
-- once too, but for exposures that a limit on the whole of a scope reads from the table.
-- ok | same | id-conflict | too-many-digits
create or replace function check_orders(
  p_ids text[], p_order_ids text[], p_attempts integer[], p_account_ids text[], p_strategy_ids text[], p_venues text[], p_symbols text[],
  p_sides text[], p_qtys numeric[], p_prices numeric[], p_valid_untils timestamptz[], p_hashes text[], p_ats timestamptz[], p_event_ids text[],
  p_contexts write_context[]
) returns table (n integer, outcome text, decision jsonb)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_counted text[];
  v_all_keys text[];
  v_keys text[];
  v_known_keys text[];      -- order and attempt
  v_known_hashes text[];
  v_known_ids text[];
  v_new_ids text[] := '{}';
  v_new_decisions jsonb[] := '{}';
  v_new checks[] := '{}';
  v_payloads jsonb[] := array_fill(null::jsonb, array[cardinality(p_ids)]);
  v_old_ids text[];
  v_olds reservations[];
  v_changed boolean[];
  v_exposure_keys text[];   -- scope and symbol
  v_exposures exposures[];
  v_dirty boolean[];
  v_limit_scopes text[];
  v_all_limits current_limits[];
  v_windows_of text[];
  v_windows limit_windows[];
  v_states trading_states[];
  v_locks risk_locks[];
  v_mark_keys text[] := '{}';
  v_prices numeric[] := '{}';
  v_codes text[] := '{}';
  v_marks jsonb[] := '{}';
  v_reads_table boolean;
  r_checks text[] := '{}'; r_ns integer[] := '{}'; r_limits text[] := '{}'; r_versions integer[] := '{}'; r_observed numeric[] := '{}';
  r_values numeric[] := '{}'; r_saids text[] := '{}';
  v_check checks;
  v_old reservations;
  v_mine exposures;
  v_limit current_limits;
  v_window limit_windows;
  v_use record;
  v_mark record;
  v_rate record;
  v_state text;
  v_key text;
  v_base text;
  v_reduces boolean;
  v_buy boolean;
  v_more numeric;     -- of the quantity, beyond what is reserved for the order already
  v_price numeric;
  v_value numeric;
  v_observed numeric;
  v_threshold numeric;
  v_said text;
  v_ratio numeric;
  v_worst numeric;
  v_results jsonb;
  v_daily integer[];
  v_daily_used numeric[];
  x integer;
  k integer;
  l integer;
  m integer;
begin
  perform enter_books(false);
  v_counted := open_scopes(p_account_ids, p_strategy_ids || array(select r.strategy_id from reservations as r where r.order_id = any (p_order_ids)),
    p_venues, p_ats[1]);
  perform from reservations as r where r.order_id = any (p_order_ids) order by r.order_id for no key update;
  v_now := clock_timestamp();
  v_all_keys := array(select distinct s from unnest(p_account_ids, p_strategy_ids, p_venues, p_symbols) as i (a, st, v, sy), unnest(scope_keys(i.a, i.st, i.v, i.sy)) as s);
  select coalesce(array_agg(c.order_id || ' ' || c.attempt), '{}'), coalesce(array_agg(c.request_hash), '{}'), coalesce(array_agg(c.id), '{}')
  into v_known_keys, v_known_hashes, v_known_ids from checks as c where c.order_id = any (p_order_ids) or c.id = any (p_ids);
  select coalesce(array_agg(r.order_id), '{}'), coalesce(array_agg(r), '{}'), coalesce(array_agg(false), '{}')
  into v_old_ids, v_olds, v_changed from reservations as r where r.order_id = any (p_order_ids);
  select coalesce(array_agg(e.scope || ' ' || e.symbol), '{}'), coalesce(array_agg(e), '{}'), coalesce(array_agg(false), '{}')
  into v_exposure_keys, v_exposures, v_dirty from exposures as e where e.scope = any (v_counted) and e.symbol = any (p_symbols);
  select coalesce(array_agg(c.scope::text order by c.metric <> 'order-rate', c.id), '{}'), coalesce(array_agg(c order by c.metric <> 'order-rate', c.id), '{}'),
    coalesce(bool_or(c.metric not in ('price-deviation', 'order-quantity', 'order-value', 'order-rate', 'daily-quantity', 'daily-value', 'position')), false)
  into v_limit_scopes, v_all_limits, v_reads_table from current_limits as c where c.scope = any (v_all_keys) and c.enabled;
  select coalesce(array_agg(w.limit_id), '{}'), coalesce(array_agg(w), '{}') into v_windows_of, v_windows
  from limit_windows as w where w.limit_id in (select (c).id from unnest(v_all_limits) as c where (c).metric in ('order-rate', 'daily-quantity', 'daily-value'));
  v_states := array(select t from trading_states as t where t.scope = any (v_all_keys) and t.state <> 'active');
  v_locks := array(select t from risk_locks as t where t.scope = any (v_all_keys) and t.released_at is null);

  for i in 1 .. cardinality(p_ids) loop
    n := i;
    decision := null;
    v_key := p_order_ids[i] || ' ' || p_attempts[i];
    x := array_position(v_known_keys, v_key);
    k := array_position(v_old_ids, p_order_ids[i]);
    v_old := v_olds[k];
    v_value := p_qtys[i] * p_prices[i];
    outcome := case
      when v_known_hashes[x] = p_hashes[i] then 'same'
      when x is not null or p_ids[i] = any (v_known_ids) then 'id-conflict'
      -- Another attempt is about the same order, and goes on from what is reserved.
      when v_old.order_id is not null and ((v_old.account_id, v_old.symbol, v_old.side::text, v_old.venue) <> (p_account_ids[i], p_symbols[i], p_sides[i], p_venues[i])
        or v_old.attempt >= p_attempts[i] or v_old.state = 'ended') then 'id-conflict'
      when scale(trim_scale(v_value)) > 18 or v_value >= 1e20 then 'too-many-digits'
      else 'ok'
    end;
    if outcome = 'same' then
      l := array_position(v_new_ids, v_known_ids[x]);
      if l is not null then
        decision := v_new_decisions[l];
      else
        select decision_json(c) into decision from checks as c where c.id = v_known_ids[x];
      end if;
    elsif outcome = 'ok' then
      v_buy := p_sides[i] = 'buy';
      v_more := p_qtys[i] - coalesce(v_old.leaves, 0);
      v_keys := scope_keys(p_account_ids[i], p_strategy_ids[i], p_venues[i], p_symbols[i]);
      v_mine := v_exposures[array_position(v_exposure_keys, 'account:' || p_account_ids[i] || ' ' || p_symbols[i])];
      v_reduces := case when v_buy then coalesce(v_mine.net_qty < 0 and v_mine.buying + v_more <= -v_mine.net_qty, false)
        else coalesce(v_mine.net_qty > 0 and v_mine.selling + v_more <= v_mine.net_qty, false) end;
      v_check := row(p_ids[i], p_order_ids[i], p_attempts[i], p_account_ids[i], p_strategy_ids[i], p_venues[i], p_symbols[i], p_sides[i], p_qtys[i], p_prices[i],
        'allow', 'allowed', null, null, null, null, '{}', null, p_hashes[i], p_event_ids[i], p_contexts[i].run_id, p_contexts[i].source,
        p_contexts[i].source_seq, p_ats[i], v_now)::checks;
      v_results := '[]';
      v_daily := '{}'; v_daily_used := '{}';
      v_worst := null;

      if cardinality(v_states) > 0 then
        select case when bool_or((t).state = 'halted') then 'halted' when bool_or((t).state = 'reducing') then 'reducing' end into v_state
        from unnest(v_states) as t where (t).scope = any (v_keys);
        v_check.code := case when v_state = 'halted' then 'trading-halted' when v_state = 'reducing' and not v_reduces then 'reduce-only' else 'allowed' end;
      end if;
      if cardinality(v_locks) > 0 and v_check.code = 'allowed' and exists (
        select from unnest(v_locks) as t where (t).scope = any (v_keys) and p_ats[i] >= (t).from_at and p_ats[i] < (t).until_at
          and ((t).side is null or (t).side = p_sides[i])) then
        v_check.code := 'locked';
      end if;

      for l in select o from unnest(v_keys) as key, unnest(array_positions(v_limit_scopes, key)) as o order by o loop
        v_limit := v_all_limits[l];
        v_observed := null;
        v_said := null;
        v_price := p_prices[i];
        v_threshold := coalesce(v_limit.hard, v_limit.soft, v_limit.warn);
        -- An order without a limit of its own is worth what it would pay now.
        if v_limit.metric = 'price-deviation' or v_price is null and v_limit.metric in ('order-value', 'daily-value') then
          v_key := p_symbols[i] || ' ' || v_buy || ' ' || v_limit.max_price_age_ms || ' ' || p_ats[i];
          m := array_position(v_mark_keys, v_key);
          if m is null then
            select * into v_mark from mark_of(p_symbols[i], not v_buy, p_ats[i], v_limit.max_price_age_ms);
            v_mark_keys := v_mark_keys || v_key;
            v_prices := v_prices || v_mark.price;
            v_codes := v_codes || v_mark.code;
            v_marks := v_marks || jsonb_build_object(p_symbols[i], jsonb_build_object('price', trim_scale(v_mark.price)::text, 'kind', v_mark.kind,
              'at', instant_text(v_mark.event_at), 'ageMs', round(extract(epoch from p_ats[i] - v_mark.event_at) * 1000)));
            m := cardinality(v_mark_keys);
          end if;
          v_said := v_codes[m];
          v_check.marks := v_check.marks || v_marks[m];
          v_price := case when v_limit.metric = 'price-deviation' then v_price else v_prices[m] end;
        end if;
        if v_limit.metric in ('order-value', 'daily-value') then
          v_value := 1;
          if split_part(p_symbols[i], '-', 2) <> v_limit.currency then
            select * into v_rate from rate_of(split_part(p_symbols[i], '-', 2), v_limit.currency, p_ats[i], v_limit.max_price_age_ms);
            v_said := coalesce(v_said, v_rate.code);
            v_value := v_rate.rate;
          end if;
        end if;
        case v_limit.metric
          when 'order-quantity' then
            v_observed := p_qtys[i];
          when 'order-value' then
            v_observed := round(p_qtys[i] * v_price * v_value, 18);
          when 'price-deviation' then
            v_observed := case when v_price is null then 0 else round(abs(v_price / v_prices[m] - 1), 9) end;
          when 'order-rate' then
            m := array_position(v_windows_of, v_limit.id);
            v_window := v_windows[m];
            v_observed := 1 + greatest(0, round(coalesce(v_window.used - greatest(0, extract(epoch from p_ats[i] - v_window.since)) * 1000
              * v_threshold / v_limit.window_ms, 0), 9));
            if v_limit.hard is null or v_observed <= v_limit.hard then
              m := coalesce(m, cardinality(v_windows) + 1);
              v_windows_of[m] := v_limit.id;
              v_windows[m] := row(v_limit.id, v_observed, p_ats[i])::limit_windows;
            end if;
          when 'daily-quantity', 'daily-value' then
            m := array_position(v_windows_of, v_limit.id);
            v_window := v_windows[m];
            if v_window.limit_id is null or v_window.since <> day_start(p_ats[i], v_limit.window_ms, v_limit.time_zone) then
              m := coalesce(m, cardinality(v_windows) + 1);
              v_windows_of[m] := v_limit.id;
              v_window := row(v_limit.id, 0, day_start(p_ats[i], v_limit.window_ms, v_limit.time_zone))::limit_windows;
              v_windows[m] := v_window;
            end if;
            v_observed := greatest(0, v_window.used + case v_limit.metric when 'daily-quantity' then v_more
              else round(p_qtys[i] * v_price * v_value - coalesce(v_old.leaves * coalesce(v_old.price, v_price) * v_value, 0), 18) end);
            v_daily := v_daily || m;
            v_daily_used := v_daily_used || v_observed;
          when 'position' then
            v_base := case when v_limit.scope like 'instrument:%' then 'firm' else split_part(v_limit.scope, '|', 1) end;
            v_mine := v_exposures[array_position(v_exposure_keys, v_base || ' ' || p_symbols[i])];
            v_observed := abs(coalesce(v_mine.net_qty, 0) + case when v_buy then coalesce(v_mine.buying, 0) + v_more else -coalesce(v_mine.selling, 0) - v_more end);
          else
            select * into v_use from limit_use(v_limit.metric, v_limit.scope, v_limit.currency, v_limit.max_price_age_ms, p_symbols[i],
              case when v_buy then v_more else 0 end, case when v_buy then 0 else v_more end, p_ats[i]);
            v_observed := v_use.observed + case when v_limit.metric = 'open-orders' and v_old.order_id is null then 1 else 0 end;
            v_said := v_use.code;
            v_check.marks := v_check.marks || coalesce(v_use.marks, '{}');
        end case;
        if v_reduces and v_limit.metric in ('position', 'gross-exposure', 'net-exposure', 'concentration', 'leverage', 'open-positions', 'daily-loss',
          'drawdown', 'value-at-risk') then
          v_said := 'reduces';
        else
          v_said := case
            when v_said is not null then v_said
            when v_observed > v_limit.hard then 'exceeded'
            when v_observed > v_limit.soft then 'soft'
            when v_observed > v_limit.warn then 'warn'
            else 'within'
          end;
        end if;
        r_checks := r_checks || v_check.id;
        r_ns := r_ns || jsonb_array_length(v_results) + 1;
        r_limits := r_limits || v_limit.id;
        r_versions := r_versions || v_limit.version;
        r_observed := r_observed || v_observed;
        r_values := r_values || v_threshold;
        r_saids := r_saids || v_said;
        v_results := v_results || jsonb_build_object('limitId', v_limit.id, 'limitVersion', v_limit.version, 'observed', trim_scale(v_observed)::text,
          'limit', trim_scale(v_threshold)::text, 'outcome', v_said);
        -- A limit without a hard threshold refuses nothing. Of those that refuse the first one binds, else the one used most.
        v_ratio := case when v_limit.hard is null or v_said in ('within', 'warn', 'soft', 'reduces') then v_observed / nullif(v_threshold, 0) / 1e9 else 1e9 end;
        if v_check.code = 'allowed' and (v_worst is null or v_ratio > v_worst) then
          v_worst := v_ratio;
          v_check.binding_limit_id := v_limit.id;
          v_check.binding_limit_version := v_limit.version;
          v_check.observed := v_observed;
          v_check.limit_value := v_threshold;
          if v_ratio = 1e9 then
            v_check.code := case when v_said <> 'exceeded' then v_said when v_limit.metric = 'order-rate' then 'rate-exceeded' else v_limit.metric || '-exceeded' end;
          end if;
        end if;
        exit when v_check.code = 'rate-exceeded';
      end loop;

      if v_check.code = 'allowed' then
        v_check.valid_until := p_valid_untils[i];
        if k is null then
          k := cardinality(v_olds) + 1;
          v_old_ids[k] := v_check.order_id;
          v_olds[k] := row(v_check.order_id, v_check.id, v_check.attempt, v_check.account_id, v_check.strategy_id, v_check.venue, v_check.symbol, v_check.side,
            v_check.qty, v_check.qty, v_check.price, 'reserved', v_check.valid_until, null, p_ats[i], null, 1, v_now)::reservations;
        else
          v_olds[k] := row(v_check.order_id, v_check.id, v_check.attempt, v_old.account_id, v_old.strategy_id, v_old.venue, v_old.symbol, v_old.side,
            v_check.qty, v_check.qty, v_check.price, v_old.state, v_check.valid_until, null, v_old.reserved_at, null, v_old.version + 1, v_now)::reservations;
        end if;
        v_changed[k] := true;
        foreach v_base in array array['account:' || p_account_ids[i], 'strategy:' || coalesce(v_old.strategy_id, p_strategy_ids[i]), 'venue:' || p_venues[i], 'firm'] loop
          continue when v_base is null or not v_base = any (v_counted);
          m := array_position(v_exposure_keys, v_base || ' ' || p_symbols[i]);
          if m is null then
            m := cardinality(v_exposures) + 1;
            v_exposure_keys[m] := v_base || ' ' || p_symbols[i];
            v_exposures[m] := row(v_base, p_symbols[i], 0, 0, 0, 0, 0, 1, v_now)::exposures;
          end if;
          v_mine := v_exposures[m];
          if v_buy then
            v_mine.buying := v_mine.buying + v_more;
          else
            v_mine.selling := v_mine.selling + v_more;
          end if;
          v_mine.open_orders := v_mine.open_orders + case when v_old.order_id is null then 1 else 0 end;
          v_exposures[m] := v_mine;
          v_dirty[m] := true;
        end loop;
        for m in 1 .. cardinality(v_daily) loop
          v_window := v_windows[v_daily[m]];
          v_window.used := v_daily_used[m];
          v_windows[v_daily[m]] := v_window;
        end loop;
        if v_reads_table then
          perform write_exposures(v_exposures, v_dirty);
          v_dirty := array_fill(false, array[cardinality(v_dirty)]);
        end if;
      else
        v_check.decision := 'deny';
      end if;
      v_new := v_new || v_check;
      decision := jsonb_strip_nulls(jsonb_build_object('checkId', v_check.id, 'orderId', v_check.order_id, 'attempt', v_check.attempt, 'account', v_check.account_id,
        'strategy', v_check.strategy_id, 'venue', v_check.venue, 'symbol', v_check.symbol, 'side', v_check.side, 'quantity', trim_scale(v_check.qty)::text,
        'price', trim_scale(v_check.price)::text, 'decision', v_check.decision, 'code', v_check.code, 'limitId', v_check.binding_limit_id,
        'limitVersion', v_check.binding_limit_version, 'observed', trim_scale(v_check.observed)::text, 'limit', trim_scale(v_check.limit_value)::text,
        'marks', v_check.marks, 'validUntil', instant_text(v_check.valid_until), 'decidedAt', instant_text(v_check.decided_at), 'results', v_results));
      v_payloads[i] := (decision - '{account,strategy,marks,decidedAt,results}'::text[])
        || jsonb_strip_nulls(jsonb_build_object('accountId', v_check.account_id, 'strategyId', v_check.strategy_id));
      v_known_keys := v_known_keys || (p_order_ids[i] || ' ' || p_attempts[i]);
      v_known_hashes := v_known_hashes || p_hashes[i];
      v_known_ids := v_known_ids || p_ids[i];
      v_new_ids := v_new_ids || p_ids[i];
      v_new_decisions := v_new_decisions || decision;
    end if;
    return next;
  end loop;

  if cardinality(v_new) = 0 then
    return;
  end if;
  insert into checks select * from unnest(v_new);
  insert into check_results (check_id, n, limit_id, limit_version, observed, limit_value, outcome)
  select * from unnest(r_checks, r_ns, r_limits, r_versions, r_observed, r_values, r_saids);
  insert into reservations as r
  select o.order_id, o.check_id, o.attempt, o.account_id, o.strategy_id, o.venue, o.symbol, o.side, o.qty, o.leaves, o.price, o.state, o.valid_until,
    o.ended_how, o.reserved_at, o.ended_at, o.version, o.recorded_at
  from unnest(v_olds, v_changed) as o (order_id, check_id, attempt, account_id, strategy_id, venue, symbol, side, qty, leaves, price, state, valid_until,
    ended_how, reserved_at, ended_at, version, recorded_at, changed)
  where o.changed
  on conflict (order_id) do update set check_id = excluded.check_id, attempt = excluded.attempt, qty = excluded.qty, leaves = excluded.leaves,
    price = excluded.price, valid_until = excluded.valid_until, version = excluded.version, recorded_at = excluded.recorded_at;
  perform write_exposures(v_exposures, v_dirty);
  insert into limit_windows as w select * from unnest(v_windows)
  on conflict (limit_id) do update set used = excluded.used, since = excluded.since where (w.used, w.since) is distinct from (excluded.used, excluded.since);
  perform append_events(p_event_ids, 'check.decided', 'check', p_ids, array_fill(1::bigint, array[cardinality(p_ids)]), v_payloads, p_ats, v_now, p_contexts);
end
$$;

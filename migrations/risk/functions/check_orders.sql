-- Decides orders in the order given: throttle, switch, locks, limits; and reserves for those it allows, all under the rows of their scopes,
-- so that two orders never share the last of a limit. What reduces a position passes the limits of exposure and loss. A decision is
-- written whatever it is; an order that no limit looks at is allowed.
-- ok | same | id-conflict | too-many-digits
create or replace function check_orders(
  p_ids text[], p_order_ids text[], p_attempts integer[], p_account_ids text[], p_strategy_ids text[], p_venues text[], p_symbols text[],
  p_sides text[], p_qtys numeric[], p_prices numeric[], p_valid_untils timestamptz[], p_hashes text[], p_ats timestamptz[], p_event_ids text[],
  p_contexts write_context[]
) returns table (n integer, outcome text, decision jsonb)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_counted text[];
  v_keys text[];
  v_check checks;
  v_old reservations;
  v_mine exposures;
  v_limit record;
  v_use record;
  v_mark record;
  v_rate record;
  v_window limit_windows;
  v_state text;
  v_reduces boolean;
  v_buy boolean;
  v_more numeric;     -- of the quantity, beyond what is reserved for the order already
  v_price numeric;
  v_value numeric;
  v_observed numeric;
  v_said text;
  v_ratio numeric;
  v_worst numeric;
  v_limit_ids text[];
  v_versions integer[];
  v_observeds numeric[];
  v_limits numeric[];
  v_saids text[];
  v_daily_ids text[];
  v_daily_used numeric[];
  v_daily_since timestamptz[];
begin
  perform enter_books(false);
  v_counted := open_scopes(p_account_ids, p_strategy_ids, p_venues, p_ats[1]);
  perform from reservations as r where r.order_id = any (p_order_ids) order by r.order_id for no key update;
  for i in 1 .. cardinality(p_ids) loop
    n := i;
    decision := null;
    select c.* into v_check from checks as c where c.order_id = p_order_ids[i] and c.attempt = p_attempts[i];
    select r.* into v_old from reservations as r where r.order_id = p_order_ids[i];
    v_value := p_qtys[i] * p_prices[i];
    outcome := case
      when v_check.request_hash = p_hashes[i] then 'same'
      when v_check.id is not null or exists (select from checks as c where c.id = p_ids[i]) then 'id-conflict'
      -- Another attempt is about the same order, and goes on from what is reserved.
      when v_old.order_id is not null and (v_old.account_id, v_old.symbol, v_old.side::text, v_old.venue) <> (p_account_ids[i], p_symbols[i], p_sides[i], p_venues[i])
        or v_old.attempt >= p_attempts[i] or v_old.state = 'ended' then 'id-conflict'
      when scale(trim_scale(v_value)) > 18 or v_value >= 1e20 then 'too-many-digits'
      else 'ok'
    end;
    if outcome = 'same' then
      decision := decision_json(v_check);
    elsif outcome = 'ok' then
      v_buy := p_sides[i] = 'buy';
      v_more := p_qtys[i] - coalesce(v_old.leaves, 0);
      v_keys := scope_keys(p_account_ids[i], p_strategy_ids[i], p_venues[i], p_symbols[i]);
      select e.* into v_mine from exposures as e where e.scope = 'account:' || p_account_ids[i] and e.symbol = p_symbols[i];
      v_reduces := case when v_buy then coalesce(v_mine.net_qty < 0 and v_mine.buying + v_more <= -v_mine.net_qty, false)
        else coalesce(v_mine.net_qty > 0 and v_mine.selling + v_more <= v_mine.net_qty, false) end;
      v_check := row(p_ids[i], p_order_ids[i], p_attempts[i], p_account_ids[i], p_strategy_ids[i], p_venues[i], p_symbols[i], p_sides[i], p_qtys[i], p_prices[i],
        'allow', 'allowed', null, null, null, null, '{}', null, p_hashes[i], p_event_ids[i], p_contexts[i].run_id, p_contexts[i].source,
        p_contexts[i].source_seq, p_ats[i], null)::checks;
      v_limit_ids := '{}'; v_versions := '{}'; v_observeds := '{}'; v_limits := '{}'; v_saids := '{}';
      v_daily_ids := '{}'; v_daily_used := '{}'; v_daily_since := '{}';
      v_worst := null;

      select case when bool_or(t.state = 'halted') then 'halted' when bool_or(t.state = 'reducing') then 'reducing' end into v_state
      from trading_states as t where t.scope = any (v_keys);
      if v_state = 'halted' then
        v_check.code := 'trading-halted';
      elsif v_state = 'reducing' and not v_reduces then
        v_check.code := 'reduce-only';
      elsif exists (select from risk_locks as l where l.scope = any (v_keys) and l.released_at is null and p_ats[i] >= l.from_at and p_ats[i] < l.until_at
          and (l.side is null or l.side = p_sides[i])) then
        v_check.code := 'locked';
      end if;

      for v_limit in
        select * from current_limits as l where l.scope = any (v_keys) and l.enabled order by l.metric <> 'order-rate', l.id
      loop
        v_observed := null;
        v_said := null;
        v_price := p_prices[i];
        -- An order without a limit of its own is worth what it would pay now.
        if v_limit.metric = 'price-deviation' or v_price is null and v_limit.metric in ('order-value', 'daily-value') then
          select * into v_mark from mark_of(p_symbols[i], not v_buy, p_ats[i], v_limit.max_price_age_ms);
          v_said := v_mark.code;
          v_check.marks := v_check.marks || jsonb_build_object(p_symbols[i], jsonb_build_object('price', trim_scale(v_mark.price)::text, 'kind', v_mark.kind,
            'at', instant_text(v_mark.event_at), 'ageMs', round(extract(epoch from p_ats[i] - v_mark.event_at) * 1000)));
          v_price := case when v_limit.metric = 'price-deviation' then v_price else v_mark.price end;
        end if;
        if v_limit.metric in ('order-value', 'daily-value') then
          select * into v_rate from rate_of(split_part(p_symbols[i], '-', 2), v_limit.currency, p_ats[i], v_limit.max_price_age_ms);
          v_said := coalesce(v_said, v_rate.code);
        end if;
        case v_limit.metric
          when 'order-quantity' then
            v_observed := p_qtys[i];
          when 'order-value' then
            v_observed := round(p_qtys[i] * v_price * v_rate.rate, 18);
          when 'price-deviation' then
            v_observed := case when v_price is null then 0 else round(abs(v_price / v_mark.price - 1), 9) end;
          when 'order-rate' then
            select w.* into v_window from limit_windows as w where w.limit_id = v_limit.id;
            v_observed := 1 + greatest(0, round(coalesce(v_window.used - greatest(0, extract(epoch from p_ats[i] - v_window.since)) * 1000
              * coalesce(v_limit.hard, v_limit.soft, v_limit.warn) / v_limit.window_ms, 0), 9));
            if v_limit.hard is null or v_observed <= v_limit.hard then
              insert into limit_windows as w (limit_id, used, since) values (v_limit.id, v_observed, p_ats[i])
              on conflict (limit_id) do update set used = excluded.used, since = excluded.since;
            end if;
          when 'daily-quantity', 'daily-value' then
            select w.* into v_window from limit_windows as w where w.limit_id = v_limit.id;
            if v_window.limit_id is null or v_window.since <> day_start(p_ats[i], v_limit.window_ms, v_limit.time_zone) then
              v_window := row(v_limit.id, 0, day_start(p_ats[i], v_limit.window_ms, v_limit.time_zone))::limit_windows;
            end if;
            v_observed := greatest(0, v_window.used + case v_limit.metric when 'daily-quantity' then v_more
              else round(p_qtys[i] * v_price * v_rate.rate - coalesce(v_old.leaves * coalesce(v_old.price, v_price) * v_rate.rate, 0), 18) end);
            v_daily_ids := v_daily_ids || v_limit.id;
            v_daily_used := v_daily_used || v_observed;
            v_daily_since := v_daily_since || v_window.since;
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
        v_limit_ids := v_limit_ids || v_limit.id;
        v_versions := v_versions || v_limit.version;
        v_observeds := v_observeds || v_observed;
        v_limits := v_limits || coalesce(v_limit.hard, v_limit.soft, v_limit.warn)::numeric;
        v_saids := v_saids || v_said;
        -- A limit without a hard threshold refuses nothing. Of those that refuse the first one binds, else the one used most.
        v_ratio := case when v_limit.hard is null or v_said in ('within', 'warn', 'soft', 'reduces')
          then v_observed / nullif(coalesce(v_limit.hard, v_limit.soft, v_limit.warn), 0) / 1e9 else 1e9 end;
        if v_check.code = 'allowed' and (v_worst is null or v_ratio > v_worst) then
          v_worst := v_ratio;
          v_check.binding_limit_id := v_limit.id;
          v_check.binding_limit_version := v_limit.version;
          v_check.observed := v_observed;
          v_check.limit_value := coalesce(v_limit.hard, v_limit.soft, v_limit.warn);
          if v_ratio = 1e9 then
            v_check.code := case when v_said <> 'exceeded' then v_said when v_limit.metric = 'order-rate' then 'rate-exceeded' else v_limit.metric || '-exceeded' end;
          end if;
        end if;
        exit when v_check.code = 'rate-exceeded';
      end loop;

      v_check.decision := case v_check.code when 'allowed' then 'allow' else 'deny' end;
      v_check.valid_until := case v_check.decision when 'allow' then p_valid_untils[i] end;
      v_check.recorded_at := clock_timestamp();
      insert into checks select v_check.*;
      insert into check_results (check_id, n, limit_id, limit_version, observed, limit_value, outcome)
      select v_check.id, r.n, r.limit_id, r.version, r.observed, r.lim, r.said
      from unnest(v_limit_ids, v_versions, v_observeds, v_limits, v_saids) with ordinality as r (limit_id, version, observed, lim, said, n);
      if v_check.decision = 'allow' then
        insert into reservations as r (order_id, check_id, attempt, account_id, strategy_id, venue, symbol, side, qty, leaves, price, state, valid_until, reserved_at)
        values (v_check.order_id, v_check.id, v_check.attempt, v_check.account_id, v_check.strategy_id, v_check.venue, v_check.symbol, v_check.side,
          v_check.qty, v_check.qty, v_check.price, 'reserved', v_check.valid_until, p_ats[i])
        on conflict (order_id) do update set check_id = excluded.check_id, attempt = excluded.attempt, qty = excluded.qty, leaves = excluded.leaves,
          price = excluded.price, valid_until = excluded.valid_until, version = r.version + 1, recorded_at = clock_timestamp();
        perform change_exposure(v_counted, v_check.account_id, coalesce(v_old.strategy_id, v_check.strategy_id), v_check.venue, v_check.symbol, 0, 0,
          case when v_buy then v_more else 0 end, case when v_buy then 0 else v_more end, case when v_old.order_id is null then 1 else 0 end);
        insert into limit_windows as w (limit_id, used, since)
        select d.id, d.used, d.since from unnest(v_daily_ids, v_daily_used, v_daily_since) as d (id, used, since)
        on conflict (limit_id) do update set used = excluded.used, since = excluded.since;
      end if;
      perform append_event(p_event_ids[i], 'check.decided', 'check', v_check.id, 1, jsonb_strip_nulls(jsonb_build_object(
        'checkId', v_check.id, 'orderId', v_check.order_id, 'attempt', v_check.attempt, 'accountId', v_check.account_id, 'strategyId', v_check.strategy_id,
        'venue', v_check.venue, 'symbol', v_check.symbol, 'side', v_check.side, 'quantity', trim_scale(v_check.qty)::text, 'price', trim_scale(v_check.price)::text,
        'decision', v_check.decision, 'code', v_check.code, 'limitId', v_check.binding_limit_id, 'limitVersion', v_check.binding_limit_version,
        'observed', trim_scale(v_check.observed)::text, 'limit', trim_scale(v_check.limit_value)::text, 'validUntil', instant_text(v_check.valid_until))),
        p_ats[i], p_contexts[i]);
      decision := jsonb_strip_nulls(decision_json(v_check));
    end if;
    return next;
  end loop;
end
$$;

-- Records what would have been trades of an account with itself and ends, by the mode of the taker, the taker (cancel-newest), the maker
-- (cancel-oldest) or both. The last row carries the changed balances.
-- ok | same | id-conflict | unknown-market | stale-lease | unknown-order | wrong-market | not-a-self-trade | order-closed
-- | order-pending
create or replace function prevent_matches(
  p_match_ids text[], p_symbols text[], p_maker_order_ids text[], p_taker_order_ids text[], p_prices numeric[], p_qtys numeric[],
  p_fences bigint[], p_ats timestamptz[], p_maker_event_ids text[], p_taker_event_ids text[], p_contexts write_context[]
) returns table (
  n integer, outcome text, stp_mode text,
  maker_seq bigint, maker_version bigint, maker_status text, taker_seq bigint, taker_version bigint, taker_status text, balances jsonb
)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  l record;
  v_now timestamptz;
  v_match record;
  v_rows jsonb[] := '{}';
  v_ended text[] := '{}';
  v_at timestamptz[] := '{}';
  v_event_ids text[] := '{}';
  v_contexts write_context[] := '{}';
  v_closed jsonb;
  v_balances jsonb;
begin
  perform from leases where name = any (array(select 'matching/' || i from unnest(p_symbols) as i)) order by name for share;
  select * into l from lock_orders(p_symbols, p_maker_order_ids || p_taker_order_ids);
  v_now := clock_timestamp();

  for v_match in
    select i.n::integer as n, i.id, i.symbol, i.maker_order_id, i.taker_order_id, i.price, i.qty, i.at, i.maker_event_id, i.taker_event_id,
      tk.account_id, coalesce(p.stp_mode, tk.stp_mode) as mode,
      case
        when p.id is not null then case when (p.symbol, p.maker_order_id, p.taker_order_id, p.price, p.qty)
          = (i.symbol, i.maker_order_id, i.taker_order_id, i.price, i.qty) then 'same' else 'id-conflict' end
        when array_position(l.symbols, i.symbol) is null then 'unknown-market'
        when lease.fence is distinct from i.fence then 'stale-lease'
        when mk.id is null or tk.id is null then 'unknown-order'
        when mk.symbol <> i.symbol or tk.symbol <> i.symbol then 'wrong-market'
        when mk.account_id <> tk.account_id or mk.side = tk.side or tk.stp_mode = 'none' then 'not-a-self-trade'
        when mk.closed_at is not null or tk.closed_at is not null then 'order-closed'
        when mk.status = 'pending-new' or tk.status = 'pending-new' then 'order-pending'
        else 'ok'
      end as outcome
    from unnest(p_match_ids, p_symbols, p_maker_order_ids, p_taker_order_ids, p_prices, p_qtys, p_fences, p_ats, p_maker_event_ids,
      p_taker_event_ids)
      with ordinality as i (id, symbol, maker_order_id, taker_order_id, price, qty, fence, at, maker_event_id, taker_event_id, n)
    left join leases as lease on lease.name = 'matching/' || i.symbol
    left join orders as mk on mk.id = i.maker_order_id and mk.id = any (l.order_ids)
    left join orders as tk on tk.id = i.taker_order_id and tk.id = any (l.order_ids)
    left join prevented_matches as p on p.id = i.id and p.id = any (p_match_ids)
    order by i.n
  loop
    -- What an earlier one of the batch ended meets nobody any more.
    if v_match.outcome = 'ok' and (v_match.maker_order_id = any (v_ended) or v_match.taker_order_id = any (v_ended)) then
      v_match.outcome := 'order-closed';
    end if;
    if v_match.outcome = 'ok' then
      insert into prevented_matches (id, symbol, account_id, maker_order_id, taker_order_id, price, qty, stp_mode, prevented_at, recorded_at)
      values (v_match.id, v_match.symbol, v_match.account_id, v_match.maker_order_id, v_match.taker_order_id, v_match.price, v_match.qty,
        v_match.mode, v_match.at, v_now);
      if v_match.mode in ('cancel-oldest', 'cancel-both') then
        v_ended := v_ended || v_match.maker_order_id; v_event_ids := v_event_ids || v_match.maker_event_id;
        v_at := v_at || v_match.at; v_contexts := v_contexts || p_contexts[v_match.n];
      end if;
      if v_match.mode in ('cancel-newest', 'cancel-both') then
        v_ended := v_ended || v_match.taker_order_id; v_event_ids := v_event_ids || v_match.taker_event_id;
        v_at := v_at || v_match.at; v_contexts := v_contexts || p_contexts[v_match.n];
      end if;
    end if;
    v_rows := v_rows || to_jsonb(v_match);
  end loop;

  select coalesce(jsonb_object_agg(c.order_id, to_jsonb(c)), '{}'), max(c.balances::text)::jsonb into v_closed, v_balances
  from close_orders(v_ended, null, null, null, array_fill('expired-in-match'::text, array[cardinality(v_ended)]),
    array_fill('self-trade'::text, array[cardinality(v_ended)]), v_at, v_event_ids, v_contexts) as c;
  return query
  select (r ->> 'n')::integer, r ->> 'outcome', r ->> 'mode',
    (mk ->> 'seq')::bigint, (mk ->> 'version')::bigint, mk ->> 'status', (tk ->> 'seq')::bigint, (tk ->> 'version')::bigint, tk ->> 'status',
    case when (r ->> 'n')::integer = cardinality(v_rows) then v_balances end
  from unnest(v_rows) as r
  cross join lateral (select case r ->> 'outcome' when 'ok' then v_closed -> (r ->> 'maker_order_id') end as mk,
    case r ->> 'outcome' when 'ok' then v_closed -> (r ->> 'taker_order_id') end as tk) as closed;
end
$$;

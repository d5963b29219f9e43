-- The entries of a transaction that was accepted, and what they do to balances: customers' run, the others' are left to fold_balances.
-- The balances are there and locked. p_unheld is what a hold gave up on its balance. Answers the customers' balances after it.
create or replace function write_entries(
  p_tx_id text, p_account_ids text[], p_assets text[], p_amounts numeric[], p_hold_account_id text, p_hold_asset text, p_unheld numeric,
  p_at timestamptz, p_recorded_at timestamptz, p_event_ids text[], p_context write_context
) returns jsonb
language plpgsql
set search_path from current
as $$
declare
  v_balances jsonb;
begin
  with posting as (
    select i.n::integer, i.account_id, i.asset, i.amount, i.event_id, a.kind
    from unnest(p_account_ids, p_assets, p_amounts, p_event_ids) with ordinality as i (account_id, asset, amount, event_id, n)
    join accounts as a on a.id = i.account_id and a.id = any (p_account_ids)
  ),
  net as (
    select account_id, asset, kind, sum(amount) as amount, count(*) as entries,
      case when (account_id, asset) = (p_hold_account_id, p_hold_asset) then p_unheld else 0 end as unheld
    from posting group by account_id, asset, kind
  ),
  changed as (
    update balances as b set posted = b.posted + net.amount, held = b.held - net.unheld, version = b.version + net.entries,
      recorded_at = p_recorded_at
    from net where net.kind = 'customer' and b.account_id = net.account_id and b.asset = net.asset and b.account_id = any (p_account_ids)
    returning b.account_id, b.asset, b.posted, b.held, b.overdraft, b.version
  ),
  entry as (
    select p.n, p.account_id, p.asset, p.amount, p.event_id, p.kind,
      b.posted - coalesce(sum(p.amount) over later, 0) as balance_after, b.version - count(*) over later as balance_version
    from posting as p left join changed as b on b.account_id = p.account_id and b.asset = p.asset
    window later as (partition by p.account_id, p.asset order by p.n rows between 1 following and unbounded following)
  ),
  entered as (
    insert into entries (tx_id, n, account_id, asset, amount, balance_after, balance_version, event_id, recorded_at)
    select p_tx_id, n, account_id, asset, amount, balance_after, balance_version, case kind when 'customer' then event_id end, p_recorded_at
    from entry
  ),
  left_to_fold as (
    insert into balance_deltas (account_id, asset, amount) select account_id, asset, amount from net where kind <> 'customer'
  ),
  published as (
    insert into outbox (event_id, type, aggregate, aggregate_id, aggregate_version, payload, occurred_at, recorded_at,
      trace_id, span_id, correlation_id, causation_id, actor, run_id, fence, source, source_seq)
    select e.event_id, 'funds.moved', 'balance', e.account_id || ':' || e.asset, e.balance_version,
      jsonb_build_object('transactionId', p_tx_id, 'kind', split_part(p_tx_id, ':', 1), 'reference', substr(p_tx_id, strpos(p_tx_id, ':') + 1),
        'accountId', e.account_id, 'asset', e.asset, 'amount', trim_scale(e.amount)::text, 'balanceAfter', trim_scale(e.balance_after)::text),
      p_at, p_recorded_at, p_context.trace_id, p_context.span_id, p_context.correlation_id, p_context.causation_id, p_context.actor,
      p_context.run_id, p_context.fence, p_context.source, p_context.source_seq
    from entry as e where e.kind = 'customer' order by e.n
  )
  select coalesce(jsonb_agg(balance_json(account_id, asset, posted, held, overdraft, version)), '[]') into v_balances from changed;
  return v_balances;
end
$$;

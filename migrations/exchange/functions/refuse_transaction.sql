-- Why a transaction may not be booked, or null. Called by post_transaction, under its locks.
create or replace function refuse_transaction(
  p_kind text, p_reverts_id text, p_scope_ids text[], p_account_ids text[], p_assets text[], p_amounts numeric[],
  p_hold holds, p_hold_id text, p_captured numeric, p_released numeric
) returns text
language plpgsql
stable
set search_path from current
as $$
declare
  v_refusal text;
  v_reverted text;
begin
  select case
    when bool_or(a.id is null) then 'unknown-account'
    when bool_or(s.code is null) then 'unknown-asset'
    when bool_or(scale(trim_scale(i.amount)) > s.scale) then 'too-many-digits'
    when bool_or(i.amount = 0) then 'zero-amount'
    when p_kind in ('deposit', 'withdrawal') and not bool_or(a.kind = 'external') then 'not-external'
    when bool_or(a.status = 'closed') then 'account-closed'
    when bool_or(a.status = 'suspended' and i.amount < 0) and p_kind in ('withdrawal', 'transfer') then 'account-suspended'
  end into v_refusal
  from unnest(p_scope_ids, p_account_ids, p_assets, p_amounts) as i (scope_id, account_id, asset, amount)
  left join accounts as a on a.id = i.account_id and a.scope_id = i.scope_id
  left join assets as s on s.code = i.asset;
  if v_refusal is null and exists (
    select from unnest(p_assets, p_amounts) as i (asset, amount) group by i.asset having sum(i.amount) <> 0
  ) then
    v_refusal := 'unbalanced';
  end if;

  if v_refusal is null and p_kind = 'reversal' then
    select t.kind into v_reverted from journal_transactions as t where t.id = p_reverts_id;
    v_refusal := case
      when v_reverted is null then 'unknown-transaction'
      when v_reverted in ('trade', 'reversal') then 'not-reversible'
      when exists (select from journal_transactions as t where t.reverts_id = p_reverts_id) then 'already-reversed'
      when exists (
        select from (
          select e.account_id, e.asset, e.amount from entries as e where e.tx_id = p_reverts_id
          union all
          select i.account_id, i.asset, i.amount from unnest(p_account_ids, p_assets, p_amounts) as i (account_id, asset, amount)
        ) as both_ways
        group by account_id, asset having sum(amount) <> 0) then 'not-the-reverse'
    end;
  end if;

  if v_refusal is null and p_hold_id is not null then
    v_refusal := case
      when p_hold.id is null or p_hold.kind = 'in-order' or coalesce(p_captured, 0) <= 0 then 'unknown-hold'
      when p_hold.state <> 'open' then 'hold-closed'
      when p_hold.captured + p_hold.released + p_captured > p_hold.amount then 'hold-exceeded'
    end;
  end if;

  if v_refusal is null then
    select case
      when bool_or(abs(coalesce(b.posted, 0) + net.amount) + coalesce(b.overdraft, 0) >= 1e20) then 'out-of-range'
      when bool_or(net.amount < 0 and coalesce(b.posted + b.overdraft - b.held, 0) + net.amount
        + case when (net.account_id, net.asset) = (p_hold.account_id, p_hold.asset) then p_captured + p_released else 0 end < 0)
        then 'insufficient-funds'
    end into v_refusal
    from (
      select i.account_id, i.asset, sum(i.amount) as amount
      from unnest(p_account_ids, p_assets, p_amounts) as i (account_id, asset, amount)
      group by i.account_id, i.asset) as net
    join accounts as a on a.id = net.account_id and a.kind = 'customer'
    left join balances as b on b.account_id = net.account_id and b.asset = net.asset;
  end if;
  return v_refusal;
end
$$;

-- One balanced transaction of any kind but `trade`. Debits of customers need funds; with a hold, what the transaction takes from the
-- hold's balance is captured from the hold instead, and p_close_hold gives its rest back. Event ids: one a posting, used for customers.
-- ok | same | id-conflict | unknown-account | unknown-asset | too-many-digits | zero-amount | unbalanced | not-external | account-closed
-- | account-suspended | unknown-transaction | not-reversible | already-reversed | not-the-reverse | unknown-hold | hold-closed | hold-exceeded
-- | insufficient-funds | out-of-range
create or replace function post_transaction(
  p_kind text, p_reference text, p_reverts_id text, p_scope_ids text[], p_account_ids text[], p_assets text[], p_amounts numeric[],
  p_hold_id text, p_close_hold boolean, p_reason text, p_request_hash text, p_at timestamptz, p_event_ids text[], p_context write_context
) returns table (outcome text, recorded_at timestamptz, balances jsonb)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_id constant text := p_kind || ':' || p_reference;
  v_existing journal_transactions;
  v_hold holds;
  v_locked text[];
  v_captured numeric := 0;
  v_released numeric := 0;
begin
  select * into v_existing from journal_transactions where id = v_id;
  if v_existing.id is null then
    if p_hold_id is not null then
      select * into v_hold from holds where id = p_hold_id for no key update;
    end if;
    -- Against the closing of an account, which locks it for update: whoever closes it first is seen below.
    perform from accounts as a where a.id = any (p_account_ids) and a.kind = 'customer' order by a.id for key share;
    v_locked := array(
      select b.account_id || ' ' || b.asset from balances as b
      where b.account_id = any (p_account_ids) and b.account_kind = 'customer'
        and (b.account_id, b.asset) in (select i.account_id, i.asset from unnest(p_account_ids, p_assets) as i (account_id, asset))
      order by b.account_id, b.asset for no key update);

    if p_hold_id is not null then
      select -sum(i.amount) into v_captured from unnest(p_account_ids, p_assets, p_amounts) as i (account_id, asset, amount)
      where i.account_id = v_hold.account_id and i.asset = v_hold.asset;
      v_released := case when p_close_hold then v_hold.amount - v_hold.captured - v_hold.released - v_captured else 0 end;
    end if;
    outcome := refuse_transaction(p_kind, p_reverts_id, p_scope_ids, p_account_ids, p_assets, p_amounts, v_hold, p_hold_id, v_captured, v_released);
    if outcome is not null then
      return next;
      return;
    end if;
    -- What was not there to be locked is, by now: the times of a balance's entries follow its versions from the first on.
    insert into balances as b (account_id, asset, scope_id, account_kind, overdraft, version)
    select distinct a.id, i.asset, a.scope_id, a.kind, case a.kind when 'customer' then 0 end, 0
    from unnest(p_account_ids, p_assets) as i (account_id, asset) join accounts as a on a.id = i.account_id and a.id = any (p_account_ids)
    where case a.kind when 'customer' then a.id || ' ' || i.asset <> all (v_locked)
      else not exists (select from balances as b where b.account_id = a.id and b.asset = i.asset) end
    order by 1, 2
    on conflict (account_id, asset) do update set version = b.version;
    recorded_at := clock_timestamp();
    insert into journal_transactions (kind, reference, effective_at, reverts_id, request_hash, reason, actor, source, source_seq, recorded_at)
    values (p_kind, p_reference, p_at, p_reverts_id, p_request_hash, p_reason, p_context.actor, p_context.source, p_context.source_seq, recorded_at)
    on conflict do nothing;
    if not found then
      -- The same reference, or the reversal of the same transaction, committed meanwhile.
      select * into v_existing from journal_transactions where id = v_id;
      outcome := 'already-reversed';
    end if;
  end if;
  if v_existing.id is not null then
    outcome := case when v_existing.request_hash = p_request_hash then 'same' else 'id-conflict' end;
    recorded_at := v_existing.recorded_at;
  end if;
  if outcome is null then
    outcome := 'ok';
    if p_hold_id is not null then
      update holds set
        captured = captured + v_captured,
        released = released + v_released,
        state = case when captured + v_captured + released + v_released = amount then 'captured' else 'open' end,
        closed_at = case when captured + v_captured + released + v_released = amount then p_at end,
        version = version + 1
      where id = p_hold_id;
    end if;
    balances := write_entries(v_id, p_account_ids, p_assets, p_amounts, v_hold.account_id, v_hold.asset, v_captured + v_released,
      p_at, recorded_at, p_event_ids, p_context);
  end if;
  return next;
end
$$;

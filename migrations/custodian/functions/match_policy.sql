-- The first rule of the set in force that matches a transfer, or no row: then it is blocked. With p_take the counters that it looked at stay
-- locked, in the order of the rules, until the transaction ends. p_account_id: whose transfer it is.
create or replace function match_policy(
  p_kind text, p_account_id text, p_requester_id text, p_asset text, p_amount numeric, p_address text, p_at timestamptz, p_take boolean
) returns table (set_id text, version integer, rule policy_rules, scope text, used numeric)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  r policy_rules;
begin
  select s.id, s.version into set_id, version from policy_sets as s where s.status = 'published';
  for r in
    select * from policy_rules as p
    where p.set_id = match_policy.set_id
      and (p.kinds is null or p_kind = any (p.kinds))
      and (p.assets is null or p_asset = any (p.assets))
      and (p.account_ids is null or p_account_id = any (p.account_ids))
      and (p.requester_ids is null or p_requester_id = any (p.requester_ids))
      and (p.min_amount is null or p_amount >= p.min_amount)
      and (p.limit_amount is null or p_amount <= p.limit_amount)
      and case p.destination
        when 'internal' then p_kind = 'internal'
        when 'whitelisted' then exists (
          select from whitelist_entries as w
          where w.asset = p_asset and w.address = p_address and w.status = 'listed' and w.usable_from <= p_at)
        else true end
    order by p.ord
  loop
    used := null;
    scope := case r.limit_of when 'account' then 'account:' || p_account_id when 'requester' then 'requester:' || p_requester_id when 'all' then 'all' end;
    if r.limit_per in ('window', 'lifetime') then
      if p_take then
        insert into policy_limits (rule_id, scope, asset) values (r.rule_id, scope, p_asset) on conflict do nothing;
        perform from policy_limits as l where l.rule_id = r.rule_id and l.scope = match_policy.scope and l.asset = p_asset for no key update;
      end if;
      select coalesce(sum(u.amount), 0) into used from policy_usage as u
      where u.rule_id = r.rule_id and u.scope = match_policy.scope and u.asset = p_asset and u.returned_at is null
        and (r.limit_window_ms is null or u.used_at > p_at - r.limit_window_ms * interval '1 millisecond');
      continue when used + p_amount > r.limit_amount;
    end if;
    rule := r;
    return next;
    return;
  end loop;
end
$$;

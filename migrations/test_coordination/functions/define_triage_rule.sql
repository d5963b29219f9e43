-- ok | malformed-pattern
create or replace function define_triage_rule(p_id text, p_pattern text, p_issue_type text, p_ticket text) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  begin
    perform '' ~ p_pattern;
  exception when invalid_regular_expression then
    outcome := 'malformed-pattern';
    return next;
    return;
  end;
  insert into triage_rules (id, pattern, issue_type, ticket) values (p_id, p_pattern, p_issue_type, p_ticket)
  on conflict (id) do update set pattern = excluded.pattern, issue_type = excluded.issue_type, ticket = excluded.ticket;
  outcome := 'ok';
  return next;
end
$$;

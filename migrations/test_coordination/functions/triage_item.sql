-- ok | same | unknown-item
create or replace function triage_item(
  p_run_id text, p_item_id text, p_issue_type text, p_comment text, p_ticket text, p_at timestamptz, p_actor text
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_last triages;
begin
  perform from runs where id = p_run_id for no key update;
  select * into v_last from triages where run_id = p_run_id and item_id = p_item_id order by n desc limit 1;
  outcome := case
    when not exists (select from report_items where run_id = p_run_id and id = p_item_id) then 'unknown-item'
    when (v_last.issue_type, v_last.automatic) = (p_issue_type, false) and v_last.comment is not distinct from p_comment
      and v_last.ticket is not distinct from p_ticket then 'same'
    else 'ok'
  end;
  if outcome = 'ok' then
    insert into triages (run_id, item_id, n, issue_type, comment, ticket, automatic, actor, triaged_at)
    values (p_run_id, p_item_id, coalesce(v_last.n, 0) + 1, p_issue_type, p_comment, p_ticket, false, p_actor, p_at);
  end if;
  return next;
end
$$;

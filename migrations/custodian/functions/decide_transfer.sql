-- What the end of an approval means for the transfer that it was about. Called with the transfer locked.
create or replace function decide_transfer(p_id text, p_status text, p_at timestamptz, p_event_id text, p_context write_context) returns void
language plpgsql
set search_path from current
as $$
declare
  v_outcome text;
begin
  v_outcome := change_transfer(p_id, case p_status when 'approved' then 'queued' else 'rejected' end,
    case p_status when 'approved' then null when 'expired' then 'approval-expired' else 'approval-' || p_status end, null, p_at, p_event_id, p_context);
  if v_outcome <> 'ok' then
    raise exception 'transfer % cannot follow its approval: %', p_id, v_outcome;
  end if;
end
$$;

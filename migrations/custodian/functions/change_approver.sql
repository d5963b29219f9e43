-- Registers, brings back or removes a person. Pending requests of the set the person is in get another version: their count may be another.
-- Locks those requests, then the person.
-- ok | same | unknown-approver
create or replace function change_approver(p_id text, p_status text, p_register boolean, p_reason text, p_at timestamptz, p_context write_context)
returns table (outcome text, request_ids text[])
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_status text;
begin
  perform from approval_requests where status = 'pending' and id in (select request_id from approval_eligibles where approver_id = p_id)
    order by id for no key update;
  if p_register then
    insert into approvers (id, status, registered_at) values (p_id, 'active', p_at) on conflict (id) do nothing;
    if found then
      perform record_compliance('approver-change', 'approver', p_id, 'registered', null, null, p_reason, null, p_at, p_context);
      return query select 'ok', '{}'::text[];
      return;
    end if;
  end if;
  select status into v_status from approvers where id = p_id for no key update;
  outcome := case when v_status is null then 'unknown-approver' when p_register or v_status = p_status then 'same' else 'ok' end;
  request_ids := '{}';
  if outcome = 'ok' then
    update approvers set status = p_status, version = version + 1 where id = p_id;
    with touched as (
      update approval_requests set version = version + 1, recorded_at = clock_timestamp()
      where status = 'pending' and id in (select request_id from approval_eligibles where approver_id = p_id)
      returning id)
    select coalesce(array_agg(id), '{}') into request_ids from touched;
    perform record_compliance('approver-change', 'approver', p_id, case p_status when 'active' then 'restored' else 'removed' end,
      null, null, p_reason, null, p_at, p_context);
  end if;
  return next;
end
$$;

-- Frees what was reserved for orders that never came: their time is over, and their venue has been heard until beyond it.
create or replace function expire_reservations(p_at timestamptz, p_margin_ms bigint, p_event_ids text[], p_context write_context) returns integer
language plpgsql
set search_path from current
as $$
declare
  v_due reservations[];
  v_counted text[];
  v_freed integer := 0;
begin
  perform enter_books(false);
  v_due := array(
    select r from reservations as r join venue_progress as p on p.venue = r.venue
    where r.state = 'reserved' and r.valid_until <= p_at and r.valid_until + make_interval(secs => p_margin_ms / 1000.0) < p.heard_until
    order by r.valid_until, r.order_id limit cardinality(p_event_ids));
  if cardinality(v_due) = 0 then
    return 0;
  end if;
  v_counted := open_scopes(array(select (d).account_id from unnest(v_due) as d), array(select (d).strategy_id from unnest(v_due) as d),
    array(select (d).venue from unnest(v_due) as d), p_at);
  perform from reservations as r where r.order_id in (select (d).order_id from unnest(v_due) as d) order by r.order_id for no key update;
  for i in 1 .. cardinality(v_due) loop
    -- It may have been tied meanwhile.
    if exists (select from reservations as r where r.order_id = v_due[i].order_id and r.state = 'reserved' and r.valid_until <= p_at) then
      perform use_reservation(v_counted, v_due[i].order_id, 0, 'expired', p_at, p_event_ids[i], p_context);
      v_freed := v_freed + 1;
    end if;
  end loop;
  return v_freed;
end
$$;

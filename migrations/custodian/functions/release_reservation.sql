-- Gives all that remains of a reservation back. Locks the reservation, then its holding.
-- ok | same | unknown-reservation | reservation-closed
create or replace function release_reservation(p_id text, p_at timestamptz) returns text
language plpgsql
set search_path from current
as $$
declare
  v_reservation reservations;
begin
  select * into v_reservation from reservations where id = p_id for no key update;
  if v_reservation.id is null then
    return 'unknown-reservation';
  elsif v_reservation.state = 'released' then
    return 'same';
  elsif v_reservation.state = 'used' then
    return 'reservation-closed';
  end if;
  perform from holdings where account_id = v_reservation.account_id and asset = v_reservation.asset for no key update;
  update holdings set reserved = reserved - (v_reservation.amount - v_reservation.used - v_reservation.released),
    version = version + 1, recorded_at = clock_timestamp()
  where account_id = v_reservation.account_id and asset = v_reservation.asset;
  update reservations set released = amount - used, state = 'released', closed_at = p_at, version = version + 1 where id = p_id;
  return 'ok';
end
$$;

-- One version of all tiers at once, never changed after.
-- ok | same | id-conflict
create or replace function define_fee_schedule(p_version integer, p_tiers text[], p_makers numeric[], p_takers numeric[])
returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  -- Two definitions of one version at once: the second waits, then compares.
  perform pg_advisory_xact_lock(hashtextextended(current_schema() || ' fee schedules', p_version));
  if not exists (select from fee_schedules as f where f.version = p_version) then
    insert into fee_schedules (version, tier, maker, taker)
    select p_version, i.tier, i.maker, i.taker from unnest(p_tiers, p_makers, p_takers) as i (tier, maker, taker);
    return query select 'ok';
  else
    return query select case when not exists (
        select from (select f.tier, f.maker::numeric, f.taker::numeric from fee_schedules as f where f.version = p_version) as f
        full join unnest(p_tiers, p_makers, p_takers) as i (tier, maker, taker)
          on f.tier = i.tier and f.maker = i.maker and f.taker = i.taker
        where f.tier is null or i.tier is null)
      then 'same' else 'id-conflict' end;
  end if;
end
$$;

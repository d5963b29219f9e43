-- Writes the instructions of which something settled back, and ends the fails of those that are settled.
create or replace function store_settlements(p_instructions settlement_instructions[], p_lots integer[], p_at timestamptz) returns void
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
begin
  update settlement_instructions as s set status = i.status, settled_lots = i.settled_lots, closed_at = i.closed_at, version = i.version,
    recorded_at = i.recorded_at
  from unnest(p_instructions) with ordinality as i where p_lots[i.ordinality] > 0 and s.id = i.id;
  update settlement_fails as f set ended_at = greatest(p_at, f.failed_at)
  from unnest(p_instructions) as i where i.status = 'settled' and f.instruction_id = i.id and f.ended_at is null;
end
$$;

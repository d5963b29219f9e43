-- Takes the months of logs that ended before p_before out of the table, after the lines of protected runs were copied to where they stay.
create or replace function retire_logs(p_before timestamptz) returns table (month text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  p record;
begin
  for p in
    select partition_name, upper_bound from partitions
    where table_name = 'logs' and upper_bound <= least(p_before, clock_timestamp()) order by upper_bound
  loop
    insert into kept_logs (run_id, item_id, n, level, text, attachment, at, recorded_at)
    select l.run_id, l.item_id, l.n, l.level, l.text, l.attachment, l.at, l.recorded_at
    from logs as l join runs as r on r.id = l.run_id and r.protected
    where l.at < p.upper_bound
    on conflict do nothing;
    perform retire_partition('logs', p.partition_name);
    month := p.partition_name;
    return next;
  end loop;
end
$$;

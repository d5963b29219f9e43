-- Of points older than a day one minute keeps its last, its lowest and its highest, then an hour after a month and a day after a year: the
-- worst drawdown stays what it was. Answers how many went.
create or replace function thin_equity(p_at timestamptz, p_limit integer) returns table (removed integer)
language plpgsql
set search_path from current
set timezone = 'UTC'
as $$
begin
  with ranked as (
    select e.deployment_id, e.at,
      row_number() over (w order by e.at desc) as latest,
      row_number() over (w order by e.equity, e.at) as lowest,
      row_number() over (w order by e.equity desc, e.at) as highest
    from equity_points as e
    where e.at < p_at - interval '1 day'
    window w as (partition by e.deployment_id, date_trunc(
      case when e.at < p_at - interval '365 days' then 'day' when e.at < p_at - interval '30 days' then 'hour' else 'minute' end, e.at))
  ),
  surplus as (
    select deployment_id, at from ranked where latest > 1 and lowest > 1 and highest > 1 limit p_limit
  )
  delete from equity_points as e using surplus as s where e.deployment_id = s.deployment_id and e.at = s.at;
  get diagnostics removed = row_count;
  return next;
end
$$;

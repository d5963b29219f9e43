-- The sum of two histograms, bucket by bucket.
create or replace function merge_histograms(p_a jsonb, p_b jsonb) returns jsonb
language sql
immutable
parallel safe
set search_path from current
return case
  when p_a = '{}' then p_b
  when p_b = '{}' then p_a
  else (
    select jsonb_object_agg(summed.bucket, summed.count)
    from (
      select each.key as bucket, sum(each.value::bigint) as count
      from (select * from jsonb_each_text(p_a) union all select * from jsonb_each_text(p_b)) as each
      group by each.key) as summed)
end;

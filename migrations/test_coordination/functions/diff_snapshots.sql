-- What differs between two snapshots, object by object: appeared, gone, or changed in rows, sums or checksum.
create or replace function diff_snapshots(p_before text, p_after text) returns table (
  schema_name text, object text, change text, rows_before bigint, rows_after bigint, sums_before jsonb, sums_after jsonb
)
language sql
stable
set search_path from current
as $$
  select coalesce(a.schema_name, b.schema_name), coalesce(a.object, b.object),
    case when b.object is null then 'appeared' when a.object is null then 'gone' else 'changed' end,
    b.row_count, a.row_count, b.sums, a.sums
  from (select * from snapshot_items where snapshot_id = p_before) as b
  full join (select * from snapshot_items where snapshot_id = p_after) as a
    on a.schema_name = b.schema_name and a.object = b.object
  where (a.row_count, a.checksum, a.sums) is distinct from (b.row_count, b.checksum, b.sums)
  order by 1, 2
$$;

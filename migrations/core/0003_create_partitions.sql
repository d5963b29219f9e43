-- Months (UTC) of a table that is partitioned by range of one timestamptz; the adapter may ask for them but owns nothing.
-- They are migrations, not function files: what runs with the owner's rights does not change silently.

create view partitions as
select parent.relname::text as table_name, child.relname::text as partition_name,
  substring(pg_get_expr(child.relpartbound, child.oid) from $$TO \('([^']+)'\)$$)::timestamptz as upper_bound
from pg_inherits as i
join pg_class as parent on parent.oid = i.inhparent and parent.relkind = 'p'
join pg_class as child on child.oid = i.inhrelid
where parent.relnamespace = (select relnamespace from pg_class where oid = 'outbox'::regclass);

-- Makes what is missing up to and including the month of p_until, and answers how many. The first call also makes one
-- partition for all that is older than p_first_month. A partition is attached, not created in place: writers go on meanwhile.
create function ensure_partitions(p_table text, p_until timestamptz, p_first_month timestamptz default clock_timestamp())
returns integer
language plpgsql
security definer
set search_path from current
set timezone = 'UTC'
as $$
declare
  v_parent regclass;
  v_lower timestamptz;
  v_upper timestamptz;
  v_end constant timestamptz := date_trunc('month', p_until) + interval '1 month';
  v_name text;
  v_made integer := 0;
  v_grantee text;
begin
  select c.oid::regclass into v_parent
  from pg_class as c join pg_partitioned_table as p on p.partrelid = c.oid
  where c.relname = p_table and c.relnamespace = (select relnamespace from pg_class where oid = 'outbox'::regclass);
  if v_parent is null then
    raise exception 'no partitioned table %', p_table using errcode = 'undefined_table';
  end if;
  execute format('lock table %s in share update exclusive mode', v_parent);
  select max(upper_bound) into v_lower from partitions where table_name = p_table;
  if v_end > coalesce(v_lower, date_trunc('month', p_first_month)) + interval '10 years' then
    raise exception 'partitions of % more than ten years ahead', p_table using errcode = 'invalid_parameter_value';
  end if;
  while v_lower is null or v_lower < v_end loop
    if v_lower is null then
      v_name := p_table || '_before';
      v_upper := date_trunc('month', p_first_month);
    else
      v_name := p_table || to_char(v_lower, '_YYYY_MM');
      v_upper := v_lower + interval '1 month';
    end if;
    execute format('create table %I (like %s including defaults including constraints including generated including storage)', v_name, v_parent);
    execute format('alter table %s attach partition %I for values from (%s) to (%L)',
      v_parent, v_name, coalesce(quote_literal(v_lower), 'minvalue'), v_upper);
    execute format('comment on table %I is %L', v_name, obj_description(v_parent, 'pg_class'));
    -- Rows are reached through the parent alone, with its rights and its triggers.
    for v_grantee in
      select distinct case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
      from pg_class as c, aclexplode(c.relacl) as a
      where c.oid = to_regclass(quote_ident(v_name)) and a.grantee <> c.relowner
    loop
      execute format('revoke all on table %I from %s', v_name, v_grantee);
    end loop;
    v_lower := v_upper;
    v_made := v_made + 1;
  end loop;
  return v_made;
end
$$;

-- Takes a partition whose time is over out of its table; the rows stay in it, for an operator to keep or drop.
create function retire_partition(p_table text, p_partition text) returns void
language plpgsql
security definer
set search_path from current
set lock_timeout = '2s'
as $$
begin
  perform from partitions where table_name = p_table and partition_name = p_partition and upper_bound <= clock_timestamp();
  if not found then
    raise exception 'no past partition % of %', p_partition, p_table using errcode = 'undefined_table';
  end if;
  execute format('alter table %I detach partition %I', p_table, p_partition);
end
$$;

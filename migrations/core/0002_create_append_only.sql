-- Rows that are facts: no role changes or removes them. Provisioning also takes the right away, found by the first word of the comment:
-- `append-only` tables are read and inserted by the adapter, `immutable` ones (reference data of a migration) only read.

create function refuse_change() returns trigger
language plpgsql
set search_path from current
as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'object_not_in_prerequisite_state';
end
$$;

create function make_append_only(p_table regclass, p_kind text default 'append-only') returns void
language plpgsql
set search_path from current
as $$
begin
  execute format('create trigger refuse_change before update or delete on %s for each row execute function refuse_change()', p_table);
  execute format('create trigger refuse_truncate before truncate on %s execute function refuse_change()', p_table);
  -- `always`: a session in replica mode would otherwise pass by.
  execute format('alter table %s enable always trigger refuse_change, enable always trigger refuse_truncate', p_table);
  execute format('comment on table %s is %L', p_table, p_kind);
end
$$;

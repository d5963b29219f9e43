-- Parts of the trail that were written to a file and taken out. Their blocks stay, so that what is in the file can still be proved.
create table segments (
  first_position bigint primary key,
  last_position bigint not null,
  first_block bigint not null,
  last_block bigint not null,
  partition_name text not null unique,
  archive text not null,
  archive_bytes bigint not null,
  archive_sha256 text not null check (length(archive_sha256) = 64),
  -- The last number of each source in it: survivors go on from there.
  source_seqs jsonb not null,
  archived_at timestamptz not null,
  constraint segments_are_not_empty check (first_position <= last_position)
);
create unique index segments_last_position_key on segments (last_position);
select make_append_only('segments');

-- Takes a partition out whose events are all in an archived segment, oldest first; its rows stay in it, for an operator to keep or drop.
create function retire_event_partition(p_partition text) returns void
language plpgsql
security definer
set search_path from current
set lock_timeout = '2s'
as $$
declare
  v event_partitions;
begin
  select * into v from event_partitions order by lower_position limit 1;
  if v.partition_name is distinct from p_partition then
    raise exception '% is not the oldest partition of the trail', p_partition using errcode = 'undefined_table';
  end if;
  perform from segments where partition_name = p_partition and first_position = v.lower_position and last_position = v.upper_position - 1;
  if not found then
    raise exception '% is not archived', p_partition using errcode = 'object_not_in_prerequisite_state';
  end if;
  execute format('alter table events detach partition %I', p_partition);
end
$$;

create table retention_policies (
  version integer primary key check (version > 0),
  -- Null: for ever.
  keep_days integer check (keep_days > 0),
  reason text not null,
  actor text,
  recorded_at timestamptz not null default clock_timestamp()
);
select make_append_only('retention_policies');

-- Persons behind pseudonyms, each with a key of their own. Without the key nobody reads any more what was sealed with it, nor finds the
-- pseudonym by the name; the trail, which holds only the pseudonym and sealed text, stays as it is.
create table subjects (
  pseudonym text primary key,
  name_hash bytea unique,
  sealed_name bytea,
  key bytea check (octet_length(key) = 32),
  created_at timestamptz not null,
  erased_at timestamptz,
  constraint subjects_are_erased_as_a_whole check (
    (erased_at is null) = (key is not null) and (key is null) = (name_hash is null) and (key is null) = (sealed_name is null))
);

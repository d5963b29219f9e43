-- Blocks of consecutive events. A block's root is that of the Merkle tree (RFC 6962) over the leaves of its events; its hash covers the
-- root and the hash of the block before it; the blocks' hashes are the leaves of one tree over all of them, whose root is anchored.
create table blocks (
  n bigint primary key check (n > 0),
  first_position bigint not null,
  last_position bigint not null,
  first_recorded_at timestamptz not null,
  last_recorded_at timestamptz not null,
  canon_version integer not null,
  merkle_root bytea not null check (octet_length(merkle_root) = 32),
  prev_hash bytea not null check (octet_length(prev_hash) = 32),
  hash bytea not null check (octet_length(hash) = 32),
  tree_root bytea not null check (octet_length(tree_root) = 32),
  sealed_at timestamptz not null,
  constraint blocks_are_not_empty check (first_position <= last_position)
);
create unique index blocks_last_position_key on blocks (last_position);
create index blocks_first_recorded_at on blocks (first_recorded_at);
select make_append_only('blocks');

-- Complete nodes of the tree over the blocks: (level, n) covers the blocks n * 2^level + 1 to (n + 1) * 2^level.
create table block_nodes (
  level integer not null check (level >= 0),
  n bigint not null check (n >= 0),
  hash bytea not null check (octet_length(hash) = 32),
  primary key (level, n)
);
select make_append_only('block_nodes');

-- Whoever seals takes this row first.
create table block_head (
  singleton boolean primary key default true check (singleton),
  n bigint not null default 0,
  last_position bigint not null default 0,
  hash bytea not null default '\x0000000000000000000000000000000000000000000000000000000000000000'
);
insert into block_head default values;

-- What was written down outside of the database, so that whoever rewrites all of it is found.
create table anchors (
  sink text not null,
  block bigint not null,
  tree_root bytea not null check (octet_length(tree_root) = 32),
  anchored_at timestamptz not null,
  primary key (sink, block)
);
select make_append_only('anchors');

-- What the reader role sees, for checks against what the sources published.

create view facts_trail as
select position, recorded_at, source, source_seq, event_id, type, aggregate, aggregate_id, aggregate_version, occurred_at, correlation_id,
  causation_id, run_id, fence, encode(sha256(convert_to(payload, 'UTF8')), 'hex') as payload_sha256
from events;

create view facts_trail_head as
select position, recorded_at from trail_head;

create view facts_sources as
select s.id, s.name, s.instance, s.prefix, s.start_after, s.state, coalesce(c.publish_seq, s.start_after) as checkpoint
from sources as s left join inbox_checkpoints as c on c.consumer = 'trail' and c.source = s.id;

create view facts_blocks as
select n, first_position, last_position, encode(merkle_root, 'hex') as merkle_root, encode(hash, 'hex') as hash,
  encode(tree_root, 'hex') as tree_root, sealed_at
from blocks;

create view facts_anchors as
select sink, block, encode(tree_root, 'hex') as tree_root, anchored_at from anchors;

create view facts_segments as
select first_position, last_position, first_block, last_block, archive, archive_sha256, source_seqs, archived_at from segments;

-- What every schema shows to its reader role for checks across schemas.

-- Without the payload's worth in money: what was published, by whom, for which run, in the order it was written.
create view facts_events as
select id, publish_seq, event_id, type, aggregate, aggregate_id, aggregate_version, payload, occurred_at, recorded_at,
  correlation_id, causation_id, actor, run_id, fence, source, source_seq
from outbox;

create view facts_checkpoints as
select consumer, source, publish_seq, updated_at from inbox_checkpoints;

create view facts_publications as
select stream, last_publish_seq from publications;

-- The position up to which nothing has to be derived any more: events beyond it may not leave the trail yet.
create view derived_up_to as
select coalesce(min(p.position), 0)::bigint as position
from projections as p
where p.name in ('chains', 'timelines') or exists (
  select from correlation_rules as r
  where p.name = 'rule ' || r.rule_id || ' ' || r.version and (r.definition ->> 'enabled')::boolean
    and not exists (select from correlation_rules as later where later.rule_id = r.rule_id and later.version > r.version));

-- What was derived, for checks: each projection up to its position, and what it came to.
create view facts_projections as
select name, position, updated_at from projections;

create view facts_event_links as
select effect_position, cause_id, kind::text, cause_position, actor from event_links;

create view facts_chain_totals as
select linked, unresolved, roots from chain_totals;

create view facts_traces as
select trace_id, events, spans, errors, services, roots, waiting, first_at, last_at from trace_summaries;

create view facts_minute_stats as
select minute, kind::text, service, type, count, errors, histogram from minute_stats;

create view facts_spans as
select trace_id, span_id, parent_span_id, service, kind::text, started_at, duration_ns, status::text from spans;

create view facts_correlations as
select rule_id, rule_version, input_hash, correlation_key, confidence, positions, first_at, last_at from correlations;

create view facts_exports as
select export_id, watermark, events, sha256, verified, exported_at from exports;

create view facts_runs as
select run_id, version, status::text, high_watermark, at from run_states;

-- What the reader role sees, for checks within this schema and against others.

create view facts_runs as
select r.id, r.scenario_id, r.scenario_version, r.status::text, r.deviated, r.fence, r.lock_name, r.seed, r.score, r.version, r.requested_at,
  r.started_at, r.ended_at
from runs as r;

create view facts_run_events as
select e.run_id, e.version, e.status::text, e.fence, e.occurred_at, e.recorded_at,
  case when o.event_id is null then 0 else o.publish_seq end as publish_seq
from run_events as e
left join outbox as o on o.event_id = e.event_id;

create view facts_step_runs as
select run_id, path, attempt, status::text, fence, started_at, ended_at, recorded_at from step_runs;

create view facts_faults as
select f.id, f.run_id, f.fence, f.target, f.kind::text, f.state::text, f.version, f.planned_at, f.must_end_by, f.injected_at, f.detected_at, f.ended_at,
  r.status::text as run_status
from faults as f join runs as r on r.id = f.run_id;

create view facts_fault_events as
select e.fault_id, e.version, e.state::text, e.occurred_at, e.recorded_at,
  case when o.event_id is null then 0 else o.publish_seq end as publish_seq
from fault_events as e
left join outbox as o on o.event_id = e.event_id;

create view facts_results as
select run_id, 'probe' as kind, path || ' ' || probe as name, verdict::text as verdict, fence, verified_at, recorded_at from probe_results
union all
select run_id, 'hypothesis', phase, case when met then 'passed' else 'failed' end, fence, verified_at, recorded_at from hypothesis_results
union all
select run_id, 'invariant', name || ' ' || n, case when passed then 'passed' else 'failed' end, fence, checked_at, recorded_at from invariant_results;

create view facts_jobs as
select j.id, j.state::text, j.pending_dependencies, j.attempts, j.token, j.schedule_id, j.nominal_at,
  (select count(*) from job_dependencies as d where d.child_id = j.id and not d.resolved) as unresolved
from jobs as j;

create view facts_schedule_fires as
select schedule_id, nominal_at, outcome, job_id, fired_at from schedule_fires;

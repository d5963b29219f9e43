import { type Facts, type Verified, verified } from '@tse/core/admin';

interface Check {
  readonly name: string;
  readonly what: string;
  readonly compared: string;
  /** Rows that offend, in words. */
  readonly offending: string;
}

const checks: Check[] = [
  {
    name: 'runs',
    what: 'runs with their histories and steps',
    compared: 'select count(*) as n from facts_runs',
    offending: `
      select 'run ' || r.id || ' is ' || r.status || ', its last event ' || coalesce(e.status, 'is missing') as problem
      from facts_runs as r
      left join facts_run_events as e on e.run_id = r.id and e.version = r.version
      where e.status is distinct from r.status
      union all
      select 'step ' || s.path || ' of run ' || s.run_id || ' still runs after its end'
      from facts_step_runs as s join facts_runs as r on r.id = s.run_id
      where r.ended_at is not null and s.status = 'running'`,
  },
  {
    name: 'faults',
    what: 'faults with their histories and runs',
    compared: 'select count(*) as n from facts_faults',
    offending: `
      select 'fault ' || f.id || ' is ' || f.state || ', its last event ' || coalesce(e.state, 'is missing') as problem
      from facts_faults as f
      left join facts_fault_events as e on e.fault_id = f.id and e.version = f.version
      where e.state is distinct from f.state
      union all
      select 'fault ' || f.id || ' is ' || f.state || ' though its run is ' || f.run_status
      from facts_faults as f
      where f.state in ('planned', 'injecting', 'injected') and f.run_status not in ('queued', 'running')`,
  },
  {
    name: 'fence',
    what: 'fences of test runs',
    compared: `select (select count(*) from facts_run_events where fence is not null) + (select count(*) from facts_results)
      + (select count(*) from facts_step_runs) as n`,
    offending: `
      select 'run ' || run_id || ' has fence ' || fence || ' after ' || highest as problem
      from (select run_id, fence, max(fence) over (partition by run_id order by version rows between unbounded preceding and 1 preceding) as highest
        from facts_run_events where fence is not null) as e
      where fence < highest
      union all
      select kind || ' ' || name || ' of run ' || r.run_id || ' has fence ' || r.fence || ', its run ' || u.fence
      from facts_results as r join facts_runs as u on u.id = r.run_id
      where r.fence > u.fence
      union all
      select kind || ' ' || name || ' of run ' || run_id || ' has fence ' || fence || ', written after one of fence ' || highest
      from (select *, max(fence) over (partition by run_id order by recorded_at rows between unbounded preceding and 1 preceding) as highest
        from facts_results) as r
      where fence < highest`,
  },
  {
    name: 'jobs',
    what: 'jobs, dependencies, fires of schedules',
    compared: `select (select count(*) from facts_jobs) + (select count(*) from facts_schedule_fires) as n`,
    offending: `
      select 'job ' || id || ' waits for ' || pending_dependencies || ' jobs, of which ' || unresolved || ' are open' as problem
      from facts_jobs where state = 'blocked' and pending_dependencies <> unresolved
      union all
      select 'fire of ' || schedule_id || ' at ' || nominal_at || ' has no job'
      from facts_schedule_fires as f where f.job_id is not null and not exists (select from facts_jobs as j where j.id = f.job_id)`,
  },
];

const MOST_SHOWN = 10;

/** What must agree within the coordinator: states with their histories, faults with their runs, fences, the queue. */
export async function verifyRuns(facts: Facts): Promise<Verified[]> {
  const found: Verified[] = [];
  for (const { name, what, compared, offending } of checks) {
    const [counted] = await facts.query<{ n: number }>(compared);
    const problems = await facts.query<{ problem: string }>(`${offending} limit ${MOST_SHOWN}`);
    found.push(verified(name, what, { compared: counted!.n, differences: problems.map(({ problem }) => problem) }));
  }
  return found;
}

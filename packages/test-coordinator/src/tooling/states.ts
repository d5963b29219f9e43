import type { RecordedState } from '@tse/core/admin';

/** What was found (results, reports, snapshots) is only ever added, and told by events in part. */
export const states: readonly RecordedState[] = [
  {
    object: 'runs',
    now: `select id, status, version from facts_runs`,
    at: `select distinct on (run_id) run_id, status, version from facts_run_events
      where publish_seq <= (select seq from asked) order by run_id, version desc`,
  },
  {
    object: 'faults',
    now: `select id, state, version from facts_faults`,
    at: `select distinct on (fault_id) fault_id, state, version from facts_fault_events
      where publish_seq <= (select seq from asked) order by fault_id, version desc`,
  },
];

import { type AdapterOptions, type BaseAdapter, openAdapter } from '@tse/core';
import { definition } from './definition.ts';
import { FaultRepository } from './faults/faults.repository.ts';
import type { Faults } from './faults/faults.ts';
import { reapFaults } from './faults/reap-faults.worker.ts';
import { InvariantRepository } from './invariants/invariants.repository.ts';
import type { Invariants } from './invariants/invariants.ts';
import { LockMirrorStore } from './locks/lock-mirror.store.ts';
import { LockRepository } from './locks/locks.repository.ts';
import type { Locks } from './locks/locks.ts';
import { ReportRepository } from './reports/reports.repository.ts';
import type { Reports } from './reports/reports.ts';
import { RunProgressStore } from './runs/run-progress.store.ts';
import { RunRepository } from './runs/runs.repository.ts';
import type { Runs } from './runs/runs.ts';
import { ScenarioRepository } from './scenarios/scenarios.repository.ts';
import type { Scenarios } from './scenarios/scenarios.ts';
import { fireSchedules } from './schedules/fire-schedules.worker.ts';
import { JobRepository } from './schedules/jobs.repository.ts';
import type { Jobs } from './schedules/jobs.ts';
import { ScheduleRepository } from './schedules/schedules.repository.ts';
import type { Schedules } from './schedules/schedules.ts';
import { SnapshotRepository } from './snapshots/snapshots.repository.ts';
import type { Snapshots } from './snapshots/snapshots.ts';
import { ValidationRepository } from './validations/validations.repository.ts';
import type { Validations } from './validations/validations.ts';

/** The data of a test coordinator. */
export interface TestCoordinatorAdapter extends BaseAdapter {
  readonly scenarios: Scenarios;
  readonly schedules: Schedules;
  readonly jobs: Jobs;
  readonly locks: Locks;
  readonly runs: Runs;
  readonly faults: Faults;
  readonly validations: Validations;
  readonly invariants: Invariants;
  readonly snapshots: Snapshots;
  readonly reports: Reports;
}

/**
 * Opens the test coordinator's adapter, or that of a named instance. Nothing connects before it is used; see `ready`.
 * @throws InvalidInputError where a setting is malformed, with its name
 */
export const createTestCoordinatorAdapter = Object.assign(
  (options?: AdapterOptions): TestCoordinatorAdapter => {
    const { context, keys, leases, mount } = openAdapter({ ...definition, options, partitioned: ['logs'] });
    const runs = new RunRepository(context, new RunProgressStore(context, keys.run));
    const faults = new FaultRepository(context);
    const schedules = new ScheduleRepository(context);
    const base = mount({
      workers: [reapFaults(runs, faults), fireSchedules(schedules)],
      projections: [runs.projection],
    });
    return {
      ...base,
      scenarios: new ScenarioRepository(context),
      schedules,
      jobs: new JobRepository(context),
      locks: new LockRepository(context, leases, new LockMirrorStore(context, keys.lock)),
      runs,
      faults,
      validations: new ValidationRepository(context),
      invariants: new InvariantRepository(context),
      snapshots: new SnapshotRepository(context),
      reports: new ReportRepository(context),
    };
  },
  { definition },
);

import { queryBuilder } from '@tse/core';
import { expect, test } from 'vitest';
import { faultTransitions, isActive } from './faults/fault-states.ts';
import { runTransitions, stepTransitions } from './runs/run-states.ts';
import { scenarioTransitions } from './scenarios/scenario-states.ts';
import type { Tables } from './schema.ts';
import { jobTransitions } from './schedules/job-states.ts';
import { testCoordinator } from './test-run.ts';

const machines = {
  scenario: scenarioTransitions,
  run: runTransitions,
  step: stepTransitions,
  fault: faultTransitions,
  job: jobTransitions,
};

test('the rules in TypeScript are the table of transitions, all of it', async () => {
  await using t = await testCoordinator({ options: { workers: false } });
  const query = queryBuilder<Tables>().selectFrom('transitions').select(['machine', 'from_status', 'to_status']);
  const rows = await t.stores.pg.query('test', 'read', query);
  const ours = Object.entries(machines).flatMap(([machine, rules]) =>
    Object.entries<readonly string[]>(rules).flatMap(([from, tos]) => tos.map((to) => `${machine}: ${from} -> ${to}`)),
  );
  expect(rows.map((row) => `${row.machine}: ${row.from_status} -> ${row.to_status}`).toSorted()).toEqual(
    ours.toSorted(),
  );
});

test('what may be in effect can still be undone', () => {
  for (const state of Object.keys(faultTransitions) as (keyof typeof faultTransitions)[])
    if (isActive(state)) expect(faultTransitions[state]).toContain('undone');
});

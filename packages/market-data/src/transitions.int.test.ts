import { queryBuilder } from '@tse/core';
import { expect, test } from 'vitest';
import { instrumentTransitions } from './instruments/instrument-states.ts';
import { manipulationTransitions } from './manipulations/manipulation-states.ts';
import { scenarioRunTransitions } from './scenarios/scenario-run-states.ts';
import type { Tables } from './schema.ts';
import { testMarketData } from './test-market-data.ts';

const machines = {
  instrument: instrumentTransitions,
  manipulation: manipulationTransitions,
  'scenario-run': scenarioRunTransitions,
};

test('the rules in TypeScript are the table of transitions, all of it', async () => {
  await using t = await testMarketData({ bare: true, options: { workers: false } });
  const query = queryBuilder<Tables>().selectFrom('transitions').select(['machine', 'from_status', 'to_status']);
  const rows = await t.stores.pg.query('test', 'read', query);
  const ours = Object.entries(machines).flatMap(([machine, rules]) =>
    Object.entries<readonly string[]>(rules).flatMap(([from, tos]) => tos.map((to) => `${machine}: ${from} -> ${to}`)),
  );
  expect(rows.map((row) => `${row.machine}: ${row.from_status} -> ${row.to_status}`).toSorted()).toEqual(
    ours.toSorted(),
  );
});

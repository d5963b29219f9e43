import { queryBuilder } from '@tse/core';
import { expect, test } from 'vitest';
import { backtestTransitions } from './backtests/backtest-states.ts';
import { deploymentTransitions } from './deployments/deployment-states.ts';
import { isWorking, orderStatuses, orderTransitions } from './orders/order-states.ts';
import type { Tables } from './schema.ts';
import { signalTransitions } from './signals/signal-states.ts';
import { strategyTransitions } from './strategies/strategy-states.ts';
import { trialTransitions } from './studies/trial-states.ts';
import { testTrading } from './test-trading.ts';

const machines = {
  strategy: strategyTransitions,
  deployment: deploymentTransitions,
  order: orderTransitions,
  signal: signalTransitions,
  backtest: backtestTransitions,
  trial: trialTransitions,
};

test('the rules in TypeScript are the table of transitions, all of it', async () => {
  await using t = await testTrading({ bare: true, options: { workers: false } });
  const query = queryBuilder<Tables>().selectFrom('transitions').select(['machine', 'from_status', 'to_status']);
  const rows = await t.stores.pg.query('test', 'read', query);
  const ours = Object.entries(machines).flatMap(([machine, rules]) =>
    Object.entries<readonly string[]>(rules).flatMap(([from, tos]) => tos.map((to) => `${machine}: ${from} -> ${to}`)),
  );
  expect(rows.map((row) => `${row.machine}: ${row.from_status} -> ${row.to_status}`).toSorted()).toEqual(
    ours.toSorted(),
  );
});

test('from what is final nothing goes on, and everything else is working', () => {
  expect(orderStatuses.filter((status) => !isWorking(status))).toEqual([
    'filled',
    'canceled',
    'rejected',
    'expired',
    'expired-in-match',
  ]);
});

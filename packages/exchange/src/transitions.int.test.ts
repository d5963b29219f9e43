import { queryBuilder } from '@tse/core';
import { expect, test } from 'vitest';
import { accountTransitions, kycTransitions } from './accounts/account-states.ts';
import { marketTransitions } from './markets/market-states.ts';
import { isWorking, orderStatuses, orderTransitions } from './orders/order-states.ts';
import type { Tables } from './schema.ts';
import { testExchange } from './test-exchange.ts';

const machines = {
  account: accountTransitions,
  kyc: kycTransitions,
  market: marketTransitions,
  order: orderTransitions,
};

test('the rules in TypeScript are the table of transitions, all of it', async () => {
  await using t = await testExchange({ options: { workers: false } });
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

import { queryBuilder } from '@tse/core';
import { expect, test } from 'vitest';
import { alertTransitions } from './alerts/alert-states.ts';
import { reservationTransitions } from './checks/reservation-states.ts';
import { notificationTransitions } from './escalations/notification-states.ts';
import { tradingTransitions } from './limits/trading-states.ts';
import type { Tables } from './schema.ts';
import { testRisk } from './test-risk.ts';

const machines: Record<string, Readonly<Record<string, readonly string[]>>> = {
  trading: tradingTransitions,
  reservation: reservationTransitions,
  alert: alertTransitions,
  notification: notificationTransitions,
};

test('the rules in TypeScript are the table of transitions, all of it', async () => {
  await using t = await testRisk({ options: { workers: false } });
  const query = queryBuilder<Tables>().selectFrom('transitions').select(['machine', 'from_status', 'to_status']);
  const rows = await t.stores.pg.query('test', 'read', query);
  const inTable = rows.map(({ machine, from_status, to_status }) => `${machine}: ${from_status} > ${to_status}`);
  const inRules = Object.entries(machines).flatMap(([machine, rules]) =>
    Object.entries(rules).flatMap(([from, targets]) => targets.map((to) => `${machine}: ${from} > ${to}`)),
  );
  expect(inTable.toSorted()).toEqual(inRules.toSorted());
});

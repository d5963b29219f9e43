import { queryBuilder } from '@tse/core';
import { expect, test } from 'vitest';
import { accountTransitions } from './accounts/account-states.ts';
import { approvalTransitions } from './approvals/approval-states.ts';
import { nettingTransitions } from './netting/netting-states.ts';
import { policyTransitions } from './policies/policy-states.ts';
import { breakTransitions } from './reconciliations/break-states.ts';
import type { Tables } from './schema.ts';
import { settlementTransitions } from './settlements/settlement-states.ts';
import { testCustodian } from './test-custodian.ts';
import { isClosed, transferEffects, transferStatuses } from './transfers/transfer-states.ts';
import { multisigTransitions } from './wallets/multisig-states.ts';

const { new: _, ...ofTransfers } = transferEffects;
const machines: Record<string, Readonly<Record<string, readonly string[]>>> = {
  account: accountTransitions,
  settlement: settlementTransitions,
  netting: nettingTransitions,
  approval: approvalTransitions,
  policy: policyTransitions,
  transfer: Object.fromEntries(Object.entries(ofTransfers).map(([from, tos]) => [from, Object.keys(tos)])),
  multisig: multisigTransitions,
  break: breakTransitions,
};

test('the rules in TypeScript are the tables of transitions and of funds effects, all of them', async () => {
  await using t = await testCustodian({ bare: true, options: { workers: false } });
  const db = queryBuilder<Tables>();
  const rows = await t.stores.pg.query(
    'test',
    'read',
    db.selectFrom('transitions').select(['machine', 'from_status', 'to_status']),
  );
  const ours = Object.entries(machines).flatMap(([machine, rules]) =>
    Object.entries(rules).flatMap(([from, tos]) => tos.map((to) => `${machine}: ${from} -> ${to}`)),
  );
  expect(rows.map((row) => `${row.machine}: ${row.from_status} -> ${row.to_status}`).toSorted()).toEqual(
    ours.toSorted(),
  );
  const effects = await t.stores.pg.query(
    'test',
    'read',
    db.selectFrom('transfer_effects').select(['from_status', 'to_status', 'effect']),
  );
  expect(effects.map((row) => `${row.from_status} -> ${row.to_status}: ${row.effect}`).toSorted()).toEqual(
    Object.entries(transferEffects)
      .flatMap(([from, tos]) => Object.entries(tos).map(([to, effect]) => `${from} -> ${to}: ${effect}`))
      .toSorted(),
  );
});

test('however a transfer ends, what it reserved is captured or released, once', () => {
  const walk = (status: keyof typeof transferEffects, effects: readonly string[]): void => {
    const next = Object.entries(transferEffects[status]) as [(typeof transferStatuses)[number], string][];
    if (next.length === 0) {
      const ends = effects.filter((effect) => effect === 'capture' || effect === 'release');
      expect(ends, `${status}: ${effects.join(', ')}`).toEqual([status === 'completed' ? 'capture' : 'release']);
      expect(effects.filter((effect) => effect === 'reserve')).toHaveLength(1);
    }
    for (const [to, effect] of next) walk(to, [...effects, effect]);
  };
  walk('new', []);
  expect(transferStatuses.filter(isClosed)).toEqual(['completed', 'cancelled', 'rejected', 'blocked', 'failed']);
});

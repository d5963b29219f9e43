import { queryBuilder } from '@tse/core';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tables } from '../schema.ts';
import { SYMBOL, type TestMarketData, testMarketData } from '../test-market-data.ts';
import { verifyCauses, verifyManipulations } from './truth-identities.ts';

let t: TestMarketData;
beforeAll(async () => {
  t = await testMarketData({ options: { workers: false } });
  const { scenarios, scenarioRuns, manipulations } = t.marketData;
  const at = t.box.clock.now();
  await scenarios.define({
    scenarioId: 's',
    name: 'one',
    spec: {
      type: 'rally',
      model: 'brownian-motion',
      symbols: [{ symbol: SYMBOL, startPrice: '100' }],
      duration: 'PT1M',
      step: 'PT1S',
    },
  });
  const move = (from: string, to: string, ...deltas: string[]) => {
    const causes = deltas.map((delta) => ({ kind: 'drift' as const, delta }));
    return { symbol: SYMBOL, from, to, causes, at };
  };
  await scenarioRuns.start({ scenarioRunId: 'r', scenarioId: 's', seed: '1' });
  const moves = [move('100', '101.5', '1', '0.5'), move('101.5', '101.25', '-0.25')];
  await scenarioRuns.record({ scenarioRunId: 'r', firstSequence: 1, moves });
  await scenarioRuns.fork({ scenarioRunId: 'f', parentRunId: 'r', forkSequence: 1 });
  await scenarioRuns.record({ scenarioRunId: 'f', firstSequence: 2, moves: [move('101.5', '103', '1.5')] });
  for (const manipulationId of ['m1', 'm2']) {
    await manipulations.plan({ manipulationId, symbol: SYMBOL, kind: 'layering', modifier: { spreadShiftBps: 10 } });
    await manipulations.inject({ manipulationId });
    await manipulations.recover({ manipulationId });
  }
});
afterAll(() => t[Symbol.asyncDispose]());

const verify = async (identity: typeof verifyCauses) => {
  await using facts = await t.facts();
  return await identity(facts);
};
const spoil = (query: ReturnType<typeof sql>) =>
  t.stores.pg.query('test', 'write', { compile: () => query.compile(queryBuilder<Tables>()) });

test('what holds is said to hold, with how much was compared', async () => {
  expect(await verify(verifyCauses)).toMatchObject({ name: 'causes', ok: true, compared: 5, differences: [] });
  expect(await verify(verifyManipulations)).toMatchObject({
    name: 'manipulations',
    ok: true,
    compared: 6,
    differences: [],
  });
});

test.each([
  {
    what: 'a cause that was put in',
    identity: verifyCauses,
    by: sql`insert into price_causes (run_id, seq, n, symbol, kind, delta) values ('f', 2, 9, 'BTC-USD', 'noise', 0.01)`,
    says: /^run f, move 2: from 101.5 to 103, causes 1.51$/,
  },
  {
    what: 'a hash that was changed',
    identity: verifyCauses,
    by: sql`update scenario_runs set price_hash = '\\x00' where id = 'r'`,
    says: /^run r: its hash is not that of its last move$/,
  },
  {
    what: 'a state without its step',
    identity: verifyManipulations,
    by: sql`update manipulations set state = 'active' where id = 'm1'`,
    says: /^manipulation m1: is active, went to recovered$/,
  },
])('$what is found', async ({ identity, by, says }) => {
  await spoil(by);
  const { ok, differences } = await verify(identity);
  expect(ok).toBe(false);
  expect(differences).toContainEqual(expect.stringMatching(says));
});

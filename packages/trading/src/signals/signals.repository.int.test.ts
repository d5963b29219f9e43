import { afterAll, beforeAll, expect, test } from 'vitest';
import { SYMBOL, type TestTrading, errorsOf, testTrading } from '../test-trading.ts';

let t: TestTrading;
beforeAll(async () => {
  t = await testTrading({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const signal = { deploymentId: 'd', epoch: 1, symbol: SYMBOL, action: 'enter-long', quantity: '0.50' } as const;

test('a signal is recorded, decided once, and its order points at it', async () => {
  const { signals } = t.trading;
  const made = await signals.record({ ...signal, signalId: 's1', barAt: '2026-01-01T00:00:00Z', tag: 'cross' });
  expect(made).toMatchObject({ outcome: 'pending', quantity: '0.5', tag: 'cross' });
  expect(await signals.record({ ...signal, signalId: 's1', barAt: '2026-01-01T00:00:00Z', tag: 'cross' })).toEqual(
    made,
  );
  const accepted = await signals.decide({ signalId: 's1', outcome: 'accepted', riskCheckId: 'k1' });
  expect(accepted).toMatchObject({ outcome: 'accepted', riskCheckId: 'k1', decidedAt: t.box.clock.now() });
  expect(await signals.decide({ signalId: 's1', outcome: 'accepted', riskCheckId: 'k1' })).toEqual(accepted);
  expect(await t.submit({ signalId: 's1', riskCheckId: 'k1' })).toMatchObject({ signalId: 's1', riskCheckId: 'k1' });
  expect(
    await errorsOf([
      signals.decide({ signalId: 's1', outcome: 'expired' }),
      signals.record({ ...signal, signalId: 's1', quantity: '1' }),
      signals.decide({ signalId: 'nobody', outcome: 'expired' }),
    ]),
  ).toMatchObject([{ code: 'already-decided' }, { code: 'id-conflict' }, { code: 'unknown-signal' }]);
});

test('a refused signal is kept with the code of what refused it, and counted', async () => {
  const { signals } = t.trading;
  await signals.record({ ...signal, signalId: 'r1', outcome: 'rejected', reason: 'limit-exceeded', riskCheckId: 'k2' });
  await signals.record({ ...signal, signalId: 'r2' });
  await signals.decide({ signalId: 'r2', outcome: 'rejected', reason: 'price-stale' });
  await signals.record({ ...signal, signalId: 'r3', outcome: 'rejected', reason: 'price-stale' });
  expect(
    (await signals.list({ deploymentId: 'd', outcome: 'rejected', reason: 'price-stale' })).items.map(({ id }) => id),
  ).toEqual(['r2', 'r3']);
  expect((await signals.count('d')).filter(({ outcome }) => outcome === 'rejected')).toEqual([
    { outcome: 'rejected', reason: 'limit-exceeded', signals: 1 },
    { outcome: 'rejected', reason: 'price-stale', signals: 2 },
  ]);
  expect(await errorsOf([signals.record({ ...signal, outcome: 'rejected' })])).toMatchObject([
    { kind: 'invalid-input', issues: [{ path: 'reason' }] },
  ]);
});

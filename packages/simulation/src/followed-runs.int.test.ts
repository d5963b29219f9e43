import { createCustodianAdapter } from '@tse/custodian';
import { createMarketDataAdapter } from '@tse/market-data';
import { createRiskAdapter } from '@tse/risk';
import { createTestCoordinatorAdapter } from '@tse/test-coordinator';
import { testCoordinatorEvents } from '@tse/test-coordinator/events';
import { sandbox } from '@tse/testkit';
import { expect, test } from 'vitest';
import { hasRead } from './has-read.ts';
import { openFor, openHouse } from './custody/custody-accounts.ts';
import { followRuns } from './followed-runs.ts';
import { openTestCoordinator } from './test-coordinator.ts';

const SCENARIO = `
scenario: chaos
name: Prices, settlements and limits are tampered with
type: combined
lock: environment
steps:
  - wait: PT1M
`;
const LATE = { kind: 'conflict', code: 'stale-fence' };

test('once a run has passed on, no service takes what its last coordinator still sends', async () => {
  await using box = await sandbox({
    coordinator: createTestCoordinatorAdapter,
    marketData: createMarketDataAdapter,
    custodian: createCustodianAdapter,
    risk: createRiskAdapter,
  });
  const { coordinator, marketData, custodian, risk } = box;
  const services = [marketData, custodian, risk];
  const readers = services.map((service) => [service, followRuns(service)] as const);
  const haveRead = () =>
    Promise.all(
      readers.map(([{ inbox }, reader]) =>
        hasRead(reader, async () => (await inbox.published(testCoordinatorEvents))?.publishSeq ?? 0),
      ),
    );

  await marketData.instruments.register({ symbol: 'BTC-USD', tickSize: '0.01', stepSize: '0.001' });
  await openHouse(custodian, 'exchange');
  for (const accountId of ['alice', 'bob'])
    await openFor(custodian.accounts, 'exchange', { accountId, ownerId: accountId, kind: 'segregated' });
  const { settlementId } = await custodian.processSettlement({
    source: 'exchange',
    reference: 't1',
    cycle: 1,
    legs: [{ kind: 'payment', from: 'client/alice', to: 'client/bob', asset: 'USD', quantity: '1' }],
  });

  await coordinator.scenarios.publish({ text: SCENARIO, status: 'active' });
  await coordinator.runs.request({ runId: 'run-1', scenarioId: 'chaos' });
  const lock = await coordinator.locks.hold('environment');
  await coordinator.runs.start({ runId: 'run-1', fence: lock.fence, lockName: lock.name });
  const of = { run: 'run-1', fence: lock.fence };
  const sent = (n: number, by = of) => [
    marketData.manipulations.plan({
      manipulationId: `m${n}`,
      symbol: 'BTC-USD',
      kind: 'price-shift',
      modifier: { priceOffset: '-100' },
      ...by,
    }),
    custodian.settlements.delayLeg({ settlementId, leg: 1, until: `203${n}-01-01T00:00:00Z`, ...by }),
    risk.limits.define({ metric: 'position', scope: {}, hard: `${n}`, ...by }),
  ];
  await Promise.all(sent(1));

  // Its lock lapses while it is stopped, and another coordinator takes the run over: no service hears of that but by the event.
  await lock.release();
  await expect.poll(async () => (await coordinator.runs.get('run-1')).status).toBe('interrupted');
  const { recover } = openTestCoordinator(coordinator, {
    clock: box.clock,
    pass: () => Promise.resolve(),
    look: () => Promise.resolve(undefined),
    settle: () => Promise.resolve(),
    identities: () => Promise.resolve([]),
    snapshot: () => Promise.resolve({ watermarks: {}, items: [] }),
  });
  expect(await recover()).toEqual(['run-1']);
  const { fence } = await coordinator.runs.get('run-1', { fresh: true });
  expect(fence).toBeGreaterThan(of.fence);
  await expect
    .poll(async () => (await box.events.all()).map(({ payload }) => (payload as { status?: string }).status))
    .toContain('aborted');
  await haveRead();

  const late = await Promise.allSettled(sent(2));
  expect(late.map((each) => (each.status === 'rejected' ? each.reason : 'was taken'))).toMatchObject([
    LATE,
    LATE,
    LATE,
  ]);
  expect((await marketData.manipulations.list()).items.map(({ manipulationId }) => manipulationId)).toEqual(['m1']);
  expect(await custodian.settlements.get(settlementId)).toMatchObject({ delayedUntil: '2031-01-01T00:00:00.000000Z' });
  expect((await risk.limits.list()).items).toMatchObject([{ version: 1, hard: '1', ...of }]);

  // Whoever holds the run now is heard.
  await Promise.all(sent(3, { run: 'run-1', fence: fence! }));
  expect((await risk.limits.list()).items).toMatchObject([{ version: 2, hard: '3', fence }]);
});

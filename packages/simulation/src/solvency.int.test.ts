import { setTimeout as sleep } from 'node:timers/promises';
import { createAuditAdapter } from '@tse/audit';
import { createCustodianAdapter } from '@tse/custodian';
import { custodianEvents } from '@tse/custodian/events';
import { createExchangeAdapter } from '@tse/exchange';
import { exchangeEvents } from '@tse/exchange/events';
import { type Sandbox, sandbox } from '@tse/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AuditCorrelator, openAuditCorrelator } from './audit-correlator.ts';
import { openBtcVenue, symbol } from './btc-venue.fixture.ts';
import { type CustodianSimulator, openCustodianSimulator } from './custodian-simulator.ts';
import { openExchangeSimulator } from './exchange-simulator.ts';
import type { Invariant } from './report.ts';
import { proveSolvency } from './solvency.ts';

const factories = { exchange: createExchangeAdapter, custodian: createCustodianAdapter, audit: createAuditAdapter };
let box: Sandbox<typeof factories>;
let custody: CustodianSimulator;
let correlator: AuditCorrelator;

/** A venue with three customers, one with a sub-account, whose trades reach custody on their day or the next. */
beforeAll(async () => {
  box = await sandbox(factories, { start: '2026-03-01T00:00:00Z' });
  const { exchange, custodian, audit, clock } = box;
  const { accounts, ledger } = exchange;
  await openBtcVenue(exchange, [
    ['alice', 'USD', '10000'],
    ['bob', 'BTC', '50'],
    ['carol', 'USD', '0.0000000001'],
  ]);
  await accounts.open({ accountId: 'alice/bot', parentId: 'alice', ownerId: 'alice' });
  await ledger.transfer({
    reference: 'bot',
    from: { accountId: 'alice' },
    to: { accountId: 'alice/bot', parentId: 'alice' },
    asset: 'USD',
    amount: '7',
  });
  const { instance, label } = exchange.identity;
  correlator = await openAuditCorrelator(
    audit,
    [exchangeEvents, custodianEvents].map(({ source }) => ({ ...source, instance })),
  );
  custody = await openCustodianSimulator(custodian, { venue: label, clock });
  await trade(1, 2, 3, 4);
});
afterAll(async () => {
  await custody[Symbol.asyncDispose]();
  await box[Symbol.asyncDispose]();
});

/** Bob sells one bitcoin to alice, and custody has heard of it. */
async function trade(...numbers: number[]): Promise<void> {
  {
    await using market = await openExchangeSimulator(box.exchange, symbol, box.clock);
    await market.run(
      numbers.map((n) => ({
        print: { id: `${n}`, sequence: n, price: '100', quantity: '1', taker: 'buy', at: `2026-03-01T10:00:0${n}Z` },
        cancel: [],
        endsRun: true,
        place: (['bob', 'alice'] as const).map((accountId) => ({
          accountId,
          clientOrderId: `${accountId}-${n}`,
          symbol,
          side: accountId === 'bob' ? ('sell' as const) : ('buy' as const),
          type: 'limit' as const,
          timeInForce: 'gtc' as const,
          price: '100',
          quantity: '1',
        })),
      })),
    );
  }
  while (custody.tally.trades < numbers.at(-1)!) await sleep(20);
}
const solvency = (snapshotId: string): Promise<Invariant> =>
  proveSolvency(box.exchange, box.custodian, box.audit, { snapshotId });

test('what is owed is held, of every asset, and each of both is proved against roots that the trail has', async () => {
  const proven = await solvency('day-1');
  expect(proven).toEqual({ name: 'solvency', ok: true, compared: expect.any(Number) });
  // Alice has both assets, bob too, carol and the bot have dollars; in custody besides what the venue earned.
  expect(proven.compared).toBeGreaterThanOrEqual(6 + 6);
  expect(await solvency('day-1')).toEqual(proven);

  const { items } = await box.audit.trail.list({ types: ['liability-snapshot.taken', 'holding-snapshot.taken'] });
  expect(items.map(({ type, aggregateId }) => `${type} ${aggregateId}`).toSorted()).toEqual([
    'holding-snapshot.taken day-1',
    'liability-snapshot.taken day-1',
  ]);
  await correlator.drain();
  expect(await box.audit.blocks.verify()).toMatchObject({ ok: true });
});

test('a balance that moved after it was counted is not what the root counts', async () => {
  await trade(5);
  const { ok, problem } = await solvency('day-1');
  expect(ok).toBe(false);
  expect(problem).toMatch(/alice BTC: 5 is not what the root counts/);
  expect(problem).toMatch(/by the root, .* by the proofs/);
  expect(await solvency('day-2')).toMatchObject({ ok: true });
});

test('what is not covered is named with its asset', async () => {
  await box.custodian.holdings.adjust({
    reference: 'theft',
    reason: 'a theft',
    movements: [
      { accountId: 'client/bob', asset: 'BTC', amount: '-0.00000001' },
      { accountId: 'external', asset: 'BTC', amount: '0.00000001' },
    ],
  });
  expect(await solvency('day-3')).toEqual({
    name: 'solvency',
    ok: false,
    compared: expect.any(Number),
    problem: '50 BTC owed, 49.99999999 held',
  });
});

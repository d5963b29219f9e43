import { type Facts, openFacts } from '@tse/core/admin';
import { createExchangeAdapter, definition as exchangeDefinition } from '@tse/exchange';
import { exchangeEvents } from '@tse/exchange/events';
import { createRiskAdapter, definition } from '@tse/risk';
import { tooling } from '@tse/risk/tooling';
import { type Sandbox, sandbox } from '@tse/testkit';
import { expect, test } from 'vitest';
import { type RiskMonitor, openRiskMonitor } from './risk-monitor.ts';

type Box = Sandbox<{ exchange: typeof createExchangeAdapter; risk: typeof createRiskAdapter }>;

const SYMBOL = 'BTC-USD';
const PRICE = '100';

async function funded(): Promise<Box> {
  const box = await sandbox({ exchange: createExchangeAdapter, risk: createRiskAdapter });
  await box.fund('maker', { BTC: '1000', USD: '100000' });
  await box.fund('alice', { USD: '100000' });
  await box.exchange.accounts.configure({ accountId: 'alice', checkRequired: true });
  return box;
}

/** A strategy that asks, places what is allowed, and is filled at once. */
const trader = (box: Box, monitor: RiskMonitor) => {
  let placed = 0;
  return async (quantity: string, side: 'buy' | 'sell' = 'buy') => {
    placed += 1;
    const orderId = `order-${placed}`;
    const order = { orderId, symbol: SYMBOL, side, quantity, price: PRICE };
    const decision = await monitor.check({ ...order, account: 'alice', strategy: 'runaway' });
    if (decision.decision === 'deny') return decision.code;
    const other = await box.exchange.orders.place({
      orderId: `maker-${placed}`,
      accountId: 'maker',
      symbol: SYMBOL,
      side: side === 'buy' ? 'sell' : 'buy',
      type: 'limit',
      quantity,
      price: PRICE,
    });
    await box.exchange.orders.place({
      ...order,
      accountId: 'alice',
      type: 'limit',
      riskCheckId: decision.checkId,
      validUntil: decision.validUntil!,
    });
    await box.exchange.matches.settle([
      {
        tradeId: `trade-${placed}`,
        symbol: SYMBOL,
        makerOrderId: other.id,
        takerOrderId: orderId,
        price: PRICE,
        quantity,
      },
    ]);
    return decision.code;
  };
};

const published = async (box: Box) => {
  await using facts = await openFacts(exchangeDefinition, {
    instance: box.exchange.identity.instance,
    admin: box.admin,
  });
  const [row] = await facts.query<{ n: number }>('select count(*) as n from facts_events');
  await expect.poll(async () => (await box.risk.inbox.published(exchangeEvents))?.publishSeq).toBe(row!.n);
};

const verify = async (box: Box) => {
  const open = (from: Parameters<typeof openFacts>[0]): Promise<Facts> =>
    openFacts(from, { instance: box.risk.identity.instance, admin: box.admin });
  await using opened = new AsyncDisposableStack();
  const facts = opened.use(await open(definition));
  const found = await tooling.verify!({
    facts,
    factsOf: async (name) => (name === 'exchange' ? opened.use(await open(exchangeDefinition)) : undefined),
    options: { ...box.options('risk'), workers: false },
    progress: () => {},
    signal: new AbortController().signal,
  });
  const compared = found.filter((identity) => !identity.ok || identity.compared > 0); // there is no test run here
  return compared.map(({ name, ok, compared: rows, differences }) => [name, ok, rows > 0, differences]);
};

test('a runaway strategy is stopped by its limit; the breach opens, escalates, is answered and closes; both sides agree', async () => {
  await using box = await funded();
  const told: string[] = [];
  await using monitor = await openRiskMonitor(box.risk, {
    venue: box.exchange.identity.label,
    page: async ({ text }) => void told.push(text),
  });
  await box.risk.limits.define({
    limitId: 'runaway',
    metric: 'position',
    scope: { strategy: 'runaway' },
    soft: '4',
    hard: '6',
    escalateAfter: 'PT15M',
  });
  await box.risk.marks.record({
    symbol: SYMBOL,
    price: PRICE,
    sequence: 1,
    at: box.clock.now(),
    source: box.exchange.identity.label,
  });
  const trade = trader(box, monitor);
  const codes: string[] = [];
  for (let i = 0; i < 8; i += 1) {
    codes.push(await trade('1'));
    await published(box);
    await monitor.drain();
  }
  expect(codes).toEqual([...Array<string>(6).fill('allowed'), 'position-exceeded', 'position-exceeded']);
  expect(monitor.tally).toMatchObject({ fills: 12, allowed: 6, denied: new Map([['position-exceeded', 2]]) });
  expect((await box.risk.positions.list({ account: 'alice' }, { fresh: true })).items).toMatchObject([
    { quantity: '6' },
  ]);

  const [breach] = (await box.risk.breaches.list({ limitId: 'runaway' })).items;
  expect(breach).toMatchObject({ severity: 'high', subject: SYMBOL, peak: '6' });
  await expect.poll(() => told).toEqual([expect.stringContaining('position of strategy:runaway in BTC-USD is 5')]);
  await box.clock.advance('PT16M');
  await monitor.drain();
  await expect.poll(() => told).toHaveLength(2);
  await box.risk.alerts.acknowledge({ alertId: breach!.alertId, by: 'ann' });
  await box.clock.advance('PT1H');
  await box.risk.marks.record({
    symbol: SYMBOL,
    price: PRICE,
    sequence: 2,
    at: box.clock.now(),
    source: box.exchange.identity.label,
  });
  await monitor.drain();
  expect(told).toHaveLength(2);
  expect(await trade('3', 'sell')).toBe('allowed');
  await published(box);
  await monitor.drain();
  expect(await box.risk.breaches.get(breach!.breachId)).toMatchObject({ clearedAt: box.clock.now() });
  expect(await box.risk.alerts.get(breach!.alertId, { fresh: true })).toMatchObject({
    state: 'closed',
    acknowledgedBy: 'ann',
    escalated: 1,
  });
  expect(await box.risk.pnl.get({ account: 'alice' }, { fresh: true })).toMatchObject({
    equity: '100000',
    total: '0',
    unpriced: [],
  });

  const consumed = async () => {
    await using facts = await openFacts(definition, { instance: box.risk.identity.instance, admin: box.admin });
    return (await facts.query<{ n: number }>('select max(publish_seq) as n from facts_checkpoints'))[0]!.n;
  };
  const target = (await box.risk.inbox.published(exchangeEvents))!.publishSeq;
  await expect.poll(consumed).toBe(target);
  expect(await verify(box)).toEqual(
    ['fills', 'reservations', 'breaches', 'positions', 'permission'].map((name) => [name, true, true, []]),
  );
});

test('an order that was refused and placed all the same, and one without permission, are found', async () => {
  await using box = await funded();
  await using monitor = await openRiskMonitor(box.risk, { venue: box.exchange.identity.label });
  await box.exchange.accounts.configure({ accountId: 'alice', checkRequired: false });
  await box.risk.limits.define({ metric: 'order-quantity', scope: { account: 'alice' }, hard: '1' });
  const order = { symbol: SYMBOL, side: 'buy', quantity: '2', price: PRICE } as const;
  expect(await monitor.check({ ...order, orderId: 'refused', account: 'alice' })).toMatchObject({ decision: 'deny' });
  for (const orderId of ['refused', 'unasked'])
    await box.exchange.orders.place({ ...order, orderId, accountId: 'alice', type: 'limit' });
  await box.exchange.accounts.configure({ accountId: 'alice', checkRequired: true });
  await published(box);
  await monitor.drain();
  await expect
    .poll(async () => (await verify(box)).find(([name]) => name === 'permission')?.[3])
    .toEqual([
      'order refused was refused and exists',
      'order refused was placed without an allowance of its own',
      'order unasked was placed without an allowance of its own',
    ]);
});

test('an allowance that was never used is free again once its venue was heard, and a suspended account is asked for nothing more', async () => {
  await using box = await funded();
  await using monitor = await openRiskMonitor(box.risk, { venue: box.exchange.identity.label });
  await box.risk.limits.define({ metric: 'position', scope: { account: 'alice' }, hard: '1' });
  const order = { symbol: SYMBOL, side: 'buy', quantity: '1', price: PRICE, account: 'alice' } as const;
  expect(await monitor.check({ ...order, orderId: 'lost' })).toMatchObject({ code: 'allowed' });
  expect(await monitor.check({ ...order, orderId: 'next' })).toMatchObject({ code: 'position-exceeded' });
  await box.clock.advance('PT1M');
  await expect
    .poll(
      async () => {
        await monitor.drain();
        return (await box.risk.checks.findReservation('lost'))?.endedHow;
      },
      { timeout: 20_000 },
    )
    .toBe('expired');
  expect(await monitor.check({ ...order, orderId: 'again' })).toMatchObject({ code: 'allowed' });
  await box.exchange.accounts.changeStatus({ accountId: 'alice', status: 'suspended' });
  await published(box);
  await monitor.drain();
  expect(await monitor.check({ ...order, orderId: 'late', side: 'sell' })).toMatchObject({ code: 'trading-halted' });
  await box.exchange.accounts.changeStatus({ accountId: 'alice', status: 'active' });
  await published(box);
  await monitor.drain();
  expect((await box.risk.limits.getTradingState({ scope: { account: 'alice' } })).state).toBe('active');
});

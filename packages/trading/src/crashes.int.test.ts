import { decimal } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestTrading, errorsOf, testTrading } from './test-trading.ts';

let t: TestTrading;
beforeAll(async () => {
  t = await testTrading({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

/** Loses the reply of the statement that matches, after the database has done it. */
async function repeated<T>(match: RegExp, write: () => Promise<T>): Promise<T> {
  using strike = t.box.postgres.cutAfterCommit({ match });
  await expect(write()).rejects.toMatchObject({ kind: 'outcome-unknown' });
  expect(await strike.struck).toBeDefined();
  return write();
}

test('every write whose reply is lost is repeated as it was, and done once', async () => {
  const { strategies, deployments, signals, orders, positions, portfolio, performance, backtests, studies } = t.trading;
  await repeated(/create_strategy/, () => strategies.create({ strategyId: 'c', name: 'C', symbols: ['BTC-USD'] }));
  await repeated(/publish_strategy_version/, () => strategies.publishVersion({ strategyId: 'c', codeHash: 'x' }));
  await repeated(/change_strategy/, () => strategies.change({ strategyId: 'c', status: 'paused' }));
  await strategies.change({ strategyId: 'c', status: 'active' });
  await repeated(/create_deployment/, () =>
    deployments.create({
      deploymentId: 'c',
      strategyId: 'c',
      strategyVersion: 1,
      accountId: 'alice',
      startingEquity: '1000',
    }),
  );
  await deployments.attach({ deploymentId: 'c' });
  await repeated(/change_deployment/, () => deployments.report({ deploymentId: 'c', epoch: 1, actual: 'running' }));
  await repeated(/save_strategy_state/, () =>
    deployments.saveState({ deploymentId: 'c', epoch: 1, sequence: 1, state: { a: 1 } }),
  );
  const of = { deploymentId: 'c', epoch: 1, symbol: 'BTC-USD' };
  await repeated(/record_signal/, () => signals.record({ ...of, signalId: 'c', action: 'buy' }));
  await repeated(/decide_signal/, () => signals.decide({ signalId: 'c', outcome: 'accepted' }));
  const order = await repeated(/submit_order/, () =>
    orders.submit({ ...of, orderId: 'c', side: 'buy', type: 'market', quantity: '2', signalId: 'c' }),
  );
  const fill = t.fillOf(order, { quantity: '1' });
  expect(await repeated(/apply_fills/, () => t.trading.fills.apply(fill))).toMatchObject({ outcome: 'duplicate' });
  await repeated(/update_orders/, () =>
    orders.update({
      orderId: 'c',
      venue: 'exchange',
      version: 5,
      status: 'canceled',
      cumulativeQuantity: '1',
      at: fill.matchedAt,
    }),
  );
  const [position] = await positions.listOpen('c', { fresh: true });
  expect(position).toMatchObject({ quantity: '1', version: 1 });
  await repeated(/adjust_position/, () =>
    positions.adjust({ reference: 'c', positionId: position!.id, kind: 'funding', amount: '-1' }),
  );
  await repeated(/record_marks/, () => portfolio.mark([{ symbol: 'BTC-USD', price: '110', at: t.box.clock.now() }]));
  const point = await repeated(/snapshot_equity/, () => portfolio.snapshot({ deploymentId: 'c' }));
  expect(point.equity).toBe('1009');
  await repeated(/record_metrics/, () => performance.evaluate({ deploymentId: 'c', to: t.box.clock.now() }));
  const run = {
    backtestId: 'c',
    strategyId: 'c',
    strategyVersion: 1,
    engineVersion: '1',
    dataSnapshot: 'x',
    dataSha256: 'a'.repeat(64),
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-02T00:00:00Z',
    startingEquity: '1000',
  };
  await repeated(/start_backtest/, () => backtests.start(run));
  const equity = [{ n: 0, at: '2026-01-01T12:00:00Z', equity: '1100' }];
  await repeated(/append_backtest/, () => backtests.append({ backtestId: 'c', equity }));
  expect(await repeated(/end_backtest/, () => backtests.complete({ backtestId: 'c' }))).toMatchObject({
    backtest: { status: 'completed', equityPoints: 1 },
  });
  await repeated(/create_study/, () =>
    studies.create({
      studyId: 'c',
      strategyId: 'c',
      name: 'C',
      objectives: [{ name: 'sharpe', direction: 'maximize' }],
    }),
  );
  expect(await repeated(/add_trials/, () => studies.addTrials({ studyId: 'c', params: [{ a: 1 }] }))).toEqual([
    { n: 1, isNew: false },
  ]);

  await using facts = await t.facts();
  const [events] = await facts.query<{ n: number; distinct: number }>(
    "select count(*) as n, count(distinct (type, aggregate, aggregate_id, aggregate_version)) as distinct from facts_events where aggregate_id in ('c') or payload ->> 'deploymentId' = 'c'",
  );
  expect(events!.n).toBe(events!.distinct);
});

test('callers that die at any moment and come again leave each fill once, in order, lots and position', async () => {
  const order = await t.submit({ quantity: '1000', deploymentId: 'd' });
  const fills = Array.from({ length: 40 }, (_, i) => t.fillOf(order, { quantity: '0.5', price: String(100 + i) }));
  for (let dies = 0; dies < 10; dies += 1) {
    const batch = fills.slice(dies * 4, dies * 4 + 4);
    const cut = dies % 2 ? t.box.postgres.cutAfterCommit({ match: /apply_fills/ }) : undefined;
    const writes = batch.map((fill) => t.trading.fills.apply(fill, { deadlineMs: dies % 3 ? 5000 : 3 }));
    await errorsOf(writes);
    cut?.[Symbol.dispose]();
    await t.trading.fills.applyAll(batch.toReversed());
  }
  const [position] = await t.trading.positions.listOpen('d', { fresh: true });
  expect(position).toMatchObject({
    quantity: '20',
    enteredQuantity: '20',
    cost: decimal.sum(fills.map(({ price }) => decimal.times(price, '0.5'))),
  });
  expect(await t.trading.orders.get(order.id, { fresh: true })).toMatchObject({
    filledQuantity: '20',
    status: 'partially-filled',
  });
  const lots = (await t.trading.positions.listLots({ positionId: position!.id })).items;
  expect(lots.map(({ tradeId }) => tradeId)).toEqual(fills.map(({ tradeId }) => tradeId));
});

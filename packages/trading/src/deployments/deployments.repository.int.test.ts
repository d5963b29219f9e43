import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestTrading, errorsOf, testTrading } from '../test-trading.ts';

let t: TestTrading;
beforeAll(async () => {
  t = await testTrading({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

test('a deployment lives as its operator wishes and its process reports, step by step', async () => {
  const { deployments } = t.trading;
  const input = {
    deploymentId: 'life',
    strategyId: 's',
    strategyVersion: 1,
    accountId: 'alice',
    startingEquity: '500.50',
  };
  const made = await deployments.create(input);
  expect(made).toMatchObject({
    desired: 'running',
    actual: 'pending',
    epoch: 0,
    startingEquity: '500.5',
    mode: 'paper',
    currency: 'USD',
  });
  expect(await deployments.create(input)).toEqual(made);
  expect(await errorsOf([deployments.create({ ...input, startingEquity: '1' })])).toMatchObject([
    { code: 'id-conflict' },
  ]);
  expect(await deployments.attach({ deploymentId: 'life', epoch: 0 })).toMatchObject({ actual: 'starting', epoch: 1 });
  await deployments.report({ deploymentId: 'life', epoch: 1, actual: 'running' });
  await deployments.wish({ deploymentId: 'life', desired: 'paused', reason: 'lunch' });
  expect(await deployments.beat({ deploymentId: 'life', epoch: 1 })).toBe('paused');
  await deployments.report({ deploymentId: 'life', epoch: 1, actual: 'paused' });
  await deployments.wish({ deploymentId: 'life', desired: 'stopped' });
  expect(await deployments.report({ deploymentId: 'life', epoch: 1, actual: 'stopped' })).toMatchObject({
    actual: 'stopped',
    stoppedAt: t.box.clock.now(),
  });
  expect(
    (await deployments.listEvents('life')).map(({ type, desired, actual }) => `${type}: ${desired}, ${actual}`),
  ).toEqual([
    'created: running, pending',
    'attached: running, starting',
    'reported: running, running',
    'wished: paused, running',
    'reported: paused, paused',
    'wished: stopped, paused',
    'reported: stopped, stopped',
  ]);
  expect(
    await errorsOf([
      deployments.attach({ deploymentId: 'life' }),
      deployments.beat({ deploymentId: 'life', epoch: 1 }),
      deployments.wish({ deploymentId: 'life', desired: 'running' }),
      deployments.report({ deploymentId: 'life', epoch: 1, actual: 'running' }),
    ]),
  ).toMatchObject(Array.from({ length: 4 }, () => ({ kind: 'conflict', code: 'deployment-stopped' })));
});

test('who attaches takes over: the one before is interrupted, and refused in all that it sends', async () => {
  const { deployments, orders, signals } = t.trading;
  await t.deploy('taken');
  expect(await deployments.attach({ deploymentId: 'taken' })).toMatchObject({ epoch: 2, actual: 'starting' });
  expect((await deployments.listEvents('taken')).slice(-2).map(({ type, epoch }) => [type, epoch])).toEqual([
    ['interrupted', 1],
    ['attached', 2],
  ]);
  const old = { deploymentId: 'taken', epoch: 1 };
  expect(
    await errorsOf([
      deployments.beat(old),
      deployments.report({ ...old, actual: 'running' }),
      deployments.saveState({ ...old, sequence: 1, state: {} }),
      deployments.attach({ deploymentId: 'taken', epoch: 1 }),
      t.submit(old),
      signals.record({ ...old, symbol: 'BTC-USD', action: 'buy' }),
    ]),
  ).toMatchObject(Array.from({ length: 6 }, () => ({ kind: 'conflict', code: 'stale-epoch' })));
  expect((await orders.list({ deploymentId: 'taken' })).items).toEqual([]);
});

test('what a test run wishes, and has it order, is refused below a fence that was seen of it, and changes nothing', async () => {
  const { deployments, runFences } = t.trading;
  await t.deploy('fenced');
  const run = (fence: number) => ({ run: 'run-1', fence });
  const of = { deploymentId: 'fenced', epoch: 1 };
  await deployments.wish({ deploymentId: 'fenced', desired: 'paused', reason: 'chaos', ...run(2) });
  expect((await deployments.listEvents('fenced')).at(-1)).toMatchObject({ type: 'wished', ...run(2) });
  const spam = await t.submit({ ...of, orderId: 'spam-1', clientOrderId: 'spam-1', ...run(2) });

  await runFences.raise(run(3));
  const before = await t.everything();
  expect(
    await errorsOf([
      deployments.wish({ deploymentId: 'fenced', desired: 'running', ...run(2) }),
      t.submit({ ...of, orderId: 'spam-2', ...run(2) }),
    ]),
  ).toMatchObject(Array.from({ length: 2 }, () => ({ kind: 'conflict', code: 'stale-fence' })));
  expect(
    await errorsOf([
      deployments.wish({ deploymentId: 'fenced', desired: 'running', run: 'run-1' }),
      t.submit({ ...of, orderId: 'spam-2', fence: 9 }),
    ]),
  ).toMatchObject(Array.from({ length: 2 }, () => ({ kind: 'invalid-input', issues: [{ path: 'fence' }] })));
  // What stands is answered as it is.
  expect(await t.submit({ ...of, orderId: 'spam-1', clientOrderId: 'spam-1', ...run(2) })).toEqual(spam);
  expect(await t.everything()).toBe(before);
  expect(await deployments.wish({ deploymentId: 'fenced', desired: 'running', ...run(3) })).toMatchObject({
    desired: 'running',
  });
});

test('of two that attach from the same epoch one gets it', async () => {
  await t.deploy('both');
  const other = t.box.open('trading', { workers: false });
  const results = await Promise.allSettled(
    [t.trading, other].map(({ deployments }) => deployments.attach({ deploymentId: 'both', epoch: 1 })),
  );
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
});

test('what seems to run when a service starts was interrupted, and goes on under the next epoch', async () => {
  const { deployments } = t.trading;
  await t.deploy('silent');
  await t.deploy('failing');
  await deployments.report({ deploymentId: 'failing', epoch: 1, actual: 'failed', reason: 'no data' });
  expect(await deployments.interruptSilent({ silentFor: 'PT1H' })).toEqual([]);
  expect(await deployments.interruptSilent({ silentFor: 'PT0S', reason: 'restart' })).toContain('silent');
  expect(await deployments.get('silent')).toMatchObject({ actual: 'interrupted', reason: 'restart' });
  expect(await deployments.get('failing')).toMatchObject({ actual: 'failed', reason: 'no data' });
  expect(await deployments.attach({ deploymentId: 'silent' })).toMatchObject({ actual: 'starting', epoch: 2 });
  expect(await deployments.wish({ deploymentId: 'failing', desired: 'stopped' })).toMatchObject({ actual: 'stopped' });
});

test('the state of a strategy survives Redis, and only a later one takes its place', async () => {
  const { deployments } = t.trading;
  await t.deploy('state');
  const state = { fast: [1.5, 2], note: 'é' };
  expect(await deployments.findState('state')).toBeUndefined();
  const saved = await deployments.saveState({ deploymentId: 'state', epoch: 1, sequence: 2, state });
  expect(await deployments.saveState({ deploymentId: 'state', epoch: 1, sequence: 2, state })).toEqual(saved);
  expect(
    await errorsOf([
      deployments.saveState({ deploymentId: 'state', epoch: 1, sequence: 1, state }),
      deployments.saveState({ deploymentId: 'state', epoch: 1, sequence: 2, state: {} }),
    ]),
  ).toMatchObject([{ code: 'stale-sequence' }, { code: 'stale-sequence' }]);
  expect(await deployments.findState('state')).toEqual(saved);
  await t.stores.redis.write('test', (redis) => redis.del(`${t.trading.identity.prefix}:strategy-state:{state}`));
  expect(await deployments.findState('state')).toEqual(saved);
  await expect.poll(async () => (await deployments.findState('state'))?.sequence).toBe(2);
  await deployments.attach({ deploymentId: 'state' });
  await deployments.saveState({ deploymentId: 'state', epoch: 2, sequence: 0, state: { again: true } });
  expect(await deployments.findState('state')).toMatchObject({ epoch: 2, sequence: 0, state: { again: true } });
});

test('a strategy that is paused or unknown is not deployed', async () => {
  const { strategies, deployments } = t.trading;
  const input = { strategyId: 'p', strategyVersion: 1, accountId: 'alice', startingEquity: '1' };
  expect(await errorsOf([deployments.create(input)])).toMatchObject([{ code: 'unknown-strategy-version' }]);
  await strategies.create({ strategyId: 'p', name: 'P', symbols: ['BTC-USD'] });
  await strategies.publishVersion({ strategyId: 'p', codeHash: 'x' });
  await strategies.change({ strategyId: 'p', status: 'paused' });
  expect(await errorsOf([deployments.create(input)])).toMatchObject([{ code: 'strategy-not-active' }]);
  expect((await deployments.list({ strategyId: 's', actual: ['stopped'], limit: 1 })).items).toHaveLength(1);
});

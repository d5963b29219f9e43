import { sandbox } from '@tse/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMarketDataAdapter } from '../index.ts';
import type { PlanManipulation } from './manipulations.ts';

let box: Awaited<ReturnType<typeof open>>;
const open = () => sandbox({ marketData: createMarketDataAdapter });
beforeAll(async () => {
  box = await open();
  for (const symbol of ['BTC-USD', 'ETH-USD', 'XRP-USD', 'SOL-USD', 'ADA-USD', 'DOT-USD'])
    await box.marketData.instruments.register({ symbol, tickSize: '0.01', stepSize: '0.00000001' });
});
afterAll(() => box[Symbol.asyncDispose]());

const planned = (manipulationId: string, over: Partial<PlanManipulation> = {}): PlanManipulation => ({
  manipulationId,
  symbol: 'BTC-USD',
  kind: 'pump-and-dump',
  modifier: { priceShiftBps: 150 },
  ...over,
});
const minutes = (count: number) => box.clock.advance(`PT${count}M`);

test('a manipulation has effect while it is active, and is read as of any time', async () => {
  const { manipulations } = box.marketData;
  const effect = async (at?: string) => {
    const { modifier, manipulations: active } = await manipulations.getEffect({ symbol: 'BTC-USD', ...(at && { at }) });
    return [modifier.priceShiftBps, active.map(({ manipulationId }) => manipulationId)];
  };
  const started = box.clock.now();
  const plan = await manipulations.plan(planned('m1', { cause: 'step 1' }));
  expect(plan).toEqual({
    manipulationId: 'm1',
    symbol: 'BTC-USD',
    kind: 'pump-and-dump',
    modifier: { priceShiftBps: 150 },
    state: 'planned',
    version: 1,
    plannedAt: started,
    changedAt: started,
  });
  expect(await manipulations.plan(planned('m1', { cause: 'step 1' }))).toEqual(plan);
  await expect(manipulations.plan(planned('m1', { modifier: { priceShiftBps: 151 } }))).rejects.toMatchObject({
    kind: 'conflict',
    code: 'id-conflict',
  });
  expect(await effect()).toEqual([0, []]);
  const times: string[] = [];
  for (const step of ['inject', 'activate', 'pause', 'activate', 'recover'] as const) {
    await minutes(1);
    times.push(box.clock.now());
    expect(await manipulations[step]({ manipulationId: 'm1', cause: step })).toMatchObject({
      changedAt: box.clock.now(),
    });
    expect(await effect()).toEqual(step === 'activate' ? [150, ['m1']] : [0, []]);
  }
  const past = await Promise.all([started, ...times].map(effect));
  expect(past).toEqual([
    [0, []],
    [0, []],
    [150, ['m1']],
    [0, []],
    [150, ['m1']],
    [0, []],
  ]);
  const steps = await manipulations.listTransitions('m1');
  expect(steps.map(({ from, to, cause, version }) => [version, from, to, cause])).toEqual([
    [1, undefined, 'planned', 'step 1'],
    [2, 'planned', 'injecting', 'inject'],
    [3, 'injecting', 'active', 'activate'],
    [4, 'active', 'paused', 'pause'],
    [5, 'paused', 'active', 'activate'],
    [6, 'active', 'recovered', 'recover'],
  ]);
});

test('effects add up over kinds; of one kind one is live at a time', async () => {
  const { manipulations } = box.marketData;
  const symbol = 'ETH-USD';
  for (const [id, kind, modifier] of [
    ['e1', 'price-shift', { priceShiftBps: 100, priceOffset: '1.5' }],
    ['e2', 'flash-crash', { priceShiftBps: -400, volumeShiftBps: 5_000 }],
    ['e3', 'stale-feed', { frozen: true }],
    ['e4', 'price-shift', { priceShiftBps: 7 }],
  ] as const)
    await manipulations.plan(planned(id, { symbol, kind, modifier }));
  for (const manipulationId of ['e1', 'e2', 'e3']) {
    await manipulations.inject({ manipulationId });
    await manipulations.activate({ manipulationId });
  }
  expect((await manipulations.getEffect({ symbol })).modifier).toEqual({
    priceShiftBps: -300,
    priceOffset: '1.5',
    spreadShiftBps: 0,
    volumeShiftBps: 5_000,
    volatilityShiftBps: 0,
    frozen: true,
  });
  await expect(manipulations.inject({ manipulationId: 'e4' })).rejects.toMatchObject({ code: 'already-manipulated' });
  await manipulations.pause({ manipulationId: 'e1' });
  await expect(manipulations.inject({ manipulationId: 'e4' })).rejects.toMatchObject({ code: 'already-manipulated' });
  await manipulations.recover({ manipulationId: 'e1' });
  expect(await manipulations.inject({ manipulationId: 'e4' })).toMatchObject({ state: 'injecting' });
  const { items } = await manipulations.list({ symbol, state: 'active' });
  expect(items.map(({ manipulationId }) => manipulationId)).toEqual(['e2', 'e3']);
});

test('of many who inject one kind at once, one does', async () => {
  const { manipulations } = box.marketData;
  const ids = Array.from({ length: 12 }, (_, i) => `race-${i}`);
  for (const id of ids) await manipulations.plan(planned(id, { symbol: 'SOL-USD', kind: 'spoofing' }));
  const results = await Promise.allSettled(ids.map((manipulationId) => manipulations.inject({ manipulationId })));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'already-manipulated' });
});

test('what cannot be is refused, and changes nothing', async () => {
  const { manipulations } = box.marketData;
  const now = box.clock.now();
  await expect(manipulations.plan(planned('x', { symbol: 'NO-USD' }))).rejects.toMatchObject({
    kind: 'not-found',
    code: 'unknown-instrument',
  });
  await expect(manipulations.plan(planned('x', { endsAt: now }))).rejects.toMatchObject({
    kind: 'invalid-input',
    code: 'already-ended',
    issues: [{ path: 'endsAt' }],
  });
  await expect(manipulations.plan(planned('x', { modifier: {} }))).rejects.toMatchObject({
    issues: [{ path: 'modifier' }],
  });
  await expect(manipulations.plan(planned('x', { run: 'r' }))).rejects.toMatchObject({ issues: [{ path: 'fence' }] });
  await expect(manipulations.inject({ manipulationId: 'x' })).rejects.toMatchObject({
    kind: 'not-found',
    code: 'unknown-manipulation',
  });
  const plan = await manipulations.plan(planned('x1', { symbol: 'XRP-USD' }));
  await minutes(5);
  for (const [step, input, code] of [
    ['activate', {}, 'illegal-transition'],
    ['pause', {}, 'illegal-transition'],
    ['inject', { version: 2 }, 'stale-version'],
    ['inject', { at: '2025-12-31T00:00:00Z' }, 'out-of-order'],
    ['inject', { at: '2099-01-01T00:00:00Z' }, 'out-of-order'],
  ] as const)
    await expect(manipulations[step]({ manipulationId: 'x1', ...input })).rejects.toMatchObject({ code });
  expect(await manipulations.get('x1')).toEqual(plan);
  expect(await manipulations.find('nobody')).toBeUndefined();
  await manipulations.recover({ manipulationId: 'x1' });
  await expect(manipulations.inject({ manipulationId: 'x1' })).rejects.toMatchObject({ code: 'illegal-transition' });
});

test('its end comes in business time: without effect from then on, and recovered by the worker with that time', async () => {
  const { manipulations } = box.marketData;
  const endsAt = '2026-01-02T00:00:00.000000Z';
  const fenced = { run: 'run-0', fence: 1 };
  await manipulations.plan(planned('ends', { symbol: 'ADA-USD', endsAt, ...fenced }));
  await manipulations.inject({ manipulationId: 'ends', ...fenced });
  await manipulations.activate({ manipulationId: 'ends', ...fenced });
  await manipulations.plan(planned('never-began', { symbol: 'ADA-USD', endsAt }));
  expect((await manipulations.getEffect({ symbol: 'ADA-USD' })).manipulations).toMatchObject([{ endsAt }]);
  await box.clock.advance('P2D');
  expect((await manipulations.getEffect({ symbol: 'ADA-USD' })).manipulations).toEqual([]);
  for (const id of ['ends', 'never-began'])
    await expect.poll(() => manipulations.get(id)).toMatchObject({ state: 'recovered', changedAt: endsAt });
  const ended = (await manipulations.listTransitions('ends')).at(-1)!;
  expect(ended).toMatchObject({ cause: 'ended', at: endsAt });
  // The run did not do it: another of its rows may carry a higher fence by now.
  expect(ended).not.toHaveProperty('fence');
  expect((await manipulations.getEffect({ symbol: 'ADA-USD', at: '2026-01-01T23:59:59Z' })).manipulations).toHaveLength(
    1,
  );
  expect((await manipulations.getEffect({ symbol: 'ADA-USD', at: endsAt })).manipulations).toEqual([]);
});

test('a run changes what it began under its fence; an older fence, or nobody, does not', async () => {
  const { manipulations } = box.marketData;
  const symbol = 'DOT-USD';
  await manipulations.plan(planned('f1', { symbol, run: 'run-1', fence: 3 }));
  await expect(manipulations.plan(planned('f2', { symbol, run: 'run-1', fence: 2 }))).rejects.toMatchObject({
    code: 'stale-fence',
  });
  expect(await manipulations.find('f2')).toBeUndefined();
  const manipulationId = 'f1';
  await expect(manipulations.inject({ manipulationId })).rejects.toMatchObject({ code: 'fence-required' });
  await expect(manipulations.inject({ manipulationId, run: 'run-2', fence: 9 })).rejects.toMatchObject({
    code: 'fence-required',
  });
  expect(await manipulations.inject({ manipulationId, run: 'run-1', fence: 5 })).toMatchObject({
    run: 'run-1',
    fence: 5,
  });
  await expect(manipulations.activate({ manipulationId, run: 'run-1', fence: 4 })).rejects.toMatchObject({
    code: 'stale-fence',
  });
  // What was refused has not raised the fence.
  await expect(manipulations.pause({ manipulationId, run: 'run-1', fence: 99 })).rejects.toMatchObject({
    code: 'illegal-transition',
  });
  expect(await manipulations.activate({ manipulationId, run: 'run-1', fence: 5 })).toMatchObject({ state: 'active' });
  const changed = async () =>
    (await box.events.all()).filter(({ payload }) => payload['manipulationId'] === 'f1').map(({ payload }) => payload);
  await expect.poll(changed).toHaveLength(3);
  expect((await changed()).at(-1)).toMatchObject({
    state: 'active',
    previousState: 'injecting',
    runId: 'run-1',
    fence: 5,
  });
  expect((await manipulations.list({ run: 'run-1' })).items).toHaveLength(1);
});

test('the effect is read without PostgreSQL, and without Redis; a lost copy comes back', async () => {
  const { manipulations } = box.marketData;
  const live = () => manipulations.getEffect({ symbol: 'DOT-USD' });
  const before = await live();
  expect(before.manipulations).toMatchObject([{ manipulationId: 'f1' }]);
  {
    using _ = box.postgres.down();
    expect(await live()).toEqual(before);
  }
  await box.marketData.ready();
  {
    using _ = box.redis.down();
    expect(await live()).toEqual(before);
    await manipulations.pause({ manipulationId: 'f1', run: 'run-1', fence: 5 });
    expect((await live()).manipulations).toEqual([]);
  }
  await box.marketData.ready();
  await expect.poll(async () => (await live()).manipulations).toEqual([]);
});

test('a reply that is lost after the commit is made up for by doing the step again', async () => {
  const { manipulations } = box.marketData;
  await manipulations.plan(planned('lost', { symbol: 'XRP-USD', kind: 'layering' }));
  await manipulations.inject({ manipulationId: 'lost' });
  const strike = box.postgres.cutAfterCommit({ match: /change_manipulation/ });
  await expect(manipulations.activate({ manipulationId: 'lost' })).rejects.toMatchObject({
    kind: 'outcome-unknown',
    repeatWith: { id: 'lost' },
  });
  await strike.struck;
  expect(await manipulations.activate({ manipulationId: 'lost' })).toMatchObject({ state: 'active', version: 3 });
  expect((await manipulations.getEffect({ symbol: 'XRP-USD' })).manipulations).toMatchObject([
    { manipulationId: 'lost' },
  ]);
});

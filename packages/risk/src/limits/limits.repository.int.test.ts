import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DefineLimit } from '../index.ts';
import { START, SYMBOL, type TestRisk, errorsOf, testRisk } from '../test-risk.ts';

let t: TestRisk;
beforeAll(async () => {
  t = await testRisk({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const order = (orderId: string, account: string) =>
  ({ orderId, account, symbol: SYMBOL, side: 'buy', quantity: '1', price: '100' }) as const;

test('a limit is defined, read back, and its next version leaves the old one as it was', async () => {
  const { limits } = t.risk;
  const input: DefineLimit = {
    limitId: 'l1',
    metric: 'position',
    scope: { account: 'a', symbol: 'BTC/USD' },
    hard: '5.0',
  };
  const first = await limits.define(input);
  expect(first).toEqual({
    limitId: 'l1',
    version: 1,
    metric: 'position',
    scope: { account: 'a', symbol: SYMBOL },
    enabled: true,
    hard: '5',
    recover: '5',
    timeZone: 'UTC',
    currency: 'USD',
    maxPriceAgeMs: 60_000,
    forMs: 0,
    keepFiringForMs: 0,
    escalateAfterMs: 900_000,
    validFrom: START,
  });
  expect(await limits.define(input)).toEqual(first);
  const second = await limits.define({ ...input, hard: '6', version: 1, reason: 'more room' });
  expect(second).toMatchObject({ version: 2, hard: '6', reason: 'more room' });
  expect(await limits.listVersions('l1')).toEqual([first, second]);
  expect(await limits.get('l1')).toEqual(second);
  expect((await limits.list({ scope: input.scope })).items).toEqual([second]);
  expect(await limits.find('none')).toBeUndefined();
});

test('what makes no limit is refused by the field, and what stands in its way by a code', async () => {
  const { limits } = t.risk;
  const base = { metric: 'position', scope: { account: 'b' }, hard: '5' } as const;
  await limits.define({ ...base, limitId: 'l2' });
  const before = await t.everything();
  expect(
    await errorsOf([
      limits.define({ metric: 'position', scope: { account: 'b' } }),
      limits.define({ ...base, soft: '6' }),
      limits.define({ ...base, recover: '6' }),
      limits.define({ ...base, metric: 'order-rate' }),
      limits.define({ ...base, metric: 'drawdown', scope: { venue: 'x' } }),
      limits.define({ ...base, metric: 'concentration', scope: { account: 'b', symbol: SYMBOL } }),
      limits.define({ ...base, scope: { account: 'b', venue: 'x' } }),
      limits.define({ ...base, timeZone: 'Mars/Olympus' }),
      limits.define({ ...base, limitId: 'other' }),
      limits.define({ ...base, limitId: 'l2', metric: 'open-orders' }),
      limits.define({ ...base, hard: '6', version: 7 }),
      limits.define({ ...base, hard: '6', policyId: 'none' }),
      limits.get('none'),
      limits.listVersions('none'),
    ]),
  ).toMatchObject([
    { issues: [{ path: 'hard' }] },
    { issues: [{ path: 'hard' }] },
    { issues: [{ path: 'hard' }] },
    { issues: [{ path: 'window' }] },
    { issues: [{ path: 'scope' }] },
    { issues: [{ path: 'scope' }] },
    { issues: [{ path: 'scope' }] },
    { issues: [{ path: 'timeZone' }] },
    { kind: 'conflict', code: 'limit-exists' },
    { kind: 'conflict', code: 'id-conflict' },
    { kind: 'conflict', code: 'stale-version' },
    { kind: 'not-found', code: 'unknown-policy' },
    { code: 'unknown-limit' },
    { code: 'unknown-limit' },
  ]);
  expect(await t.everything()).toBe(before);
});

test('a limit that is edited while orders are checked decides each of them under one version, and none under the old one after', async () => {
  const { checks } = t.risk;
  const other = t.box.open('risk');
  const define = (hard: string) =>
    other.limits.define({ limitId: 'l3', metric: 'position', scope: { account: 'c' }, hard });
  await define('1000');
  let edited = false;
  let n = 0;
  const decisions: { after: boolean; version: number | undefined; limit: string | undefined }[] = [];
  const caller = async () => {
    for (let i = 0; i < 12; i += 1) {
      const after = edited;
      const decision = await checks.check(order(`c${(n += 1)}`, 'c'));
      decisions.push({ after, version: decision.limitVersion, limit: decision.limit });
    }
  };
  await Promise.all([
    ...Array.from({ length: 6 }, caller),
    define('2000').then(() => {
      edited = true;
    }),
  ]);
  expect(decisions).toHaveLength(72);
  for (const { after, version, limit } of decisions) {
    expect([version, limit]).toEqual(version === 1 ? [1, '1000'] : [2, '2000']);
    if (after) expect(version).toBe(2);
  }
});

test('a scope is counted from all that was filled and reserved before its first limit', async () => {
  const { limits, checks, positions } = t.risk;
  const of = { account: 'd', strategy: 's', venue: 'v' };
  await checks.check({ ...order('d1', 'd'), ...of, quantity: '3' });
  await positions.applyFill(t.fillOf({ account: 'd', venue: 'v', orderId: 'd1', quantity: '2' }));
  for (const scope of [{ strategy: 's' }, { venue: 'v' }, { venue: 'v', symbol: SYMBOL }]) {
    await limits.define({ metric: 'position', scope, hard: '5' });
    const { results } = await checks.check({
      ...order(`d-${JSON.stringify(scope).length}`, 'd'),
      ...of,
      quantity: '99',
    });
    expect(new Set(results.map(({ observed }) => observed))).toEqual(new Set(['102']));
  }
  await limits.define({ metric: 'gross-exposure', scope: {}, warn: '1' });
  await t.mark(SYMBOL, '10');
  const [use] = await limits.listUse({ scope: {} });
  expect(use).toMatchObject({ metric: 'gross-exposure', limit: '1', observed: '20', ratio: 20 });
  expect(
    (await limits.listUse({ scope: { strategy: 's' } })).map(({ subject, observed }) => [subject, observed]),
  ).toEqual([[SYMBOL, '2']]);
});

test('a switch that is turned stops orders from then on, in each scope that has it, until somebody turns it back', async () => {
  const { limits, checks, positions } = t.risk;
  await positions.applyFill(t.fillOf({ account: 'e', quantity: '2' }));
  const code = async (orderId: string, over: object = {}) =>
    (await checks.check({ ...order(orderId, 'e'), ...over })).code;
  expect(await limits.getTradingState({ scope: { account: 'e' } })).toEqual({
    scope: { account: 'e' },
    state: 'active',
    epoch: 0,
  });
  const set = (state: 'active' | 'reducing' | 'halted', over: object = {}) =>
    limits.setTradingState({ scope: { account: 'e' }, state, reason: 'test', ...over });
  const reducing = await set('reducing');
  expect(reducing).toEqual({
    scope: { account: 'e' },
    state: 'reducing',
    epoch: 1,
    reason: 'test',
    changedAt: t.box.clock.now(),
  });
  expect(await set('reducing')).toEqual(reducing);
  expect(await limits.getTradingState({ scope: { account: 'e' } })).toEqual(reducing);
  expect([
    await code('e1'),
    await code('e2', { side: 'sell' }),
    await code('e3', { side: 'sell', quantity: '1.5' }),
  ]).toEqual(['reduce-only', 'allowed', 'reduce-only']);
  await set('halted');
  expect(await code('e4', { side: 'sell' })).toBe('trading-halted');
  const [stale] = await errorsOf([set('active', { epoch: 1 })]);
  expect(stale).toMatchObject({ kind: 'conflict', code: 'stale-epoch' });
  await set('active', { epoch: 2 });
  expect(await code('e5')).toBe('allowed');
  expect((await limits.listTradingStateChanges({ scope: { account: 'e' } })).map(({ from, to }) => [from, to])).toEqual(
    [
      ['active', 'reducing'],
      ['reducing', 'halted'],
      ['halted', 'active'],
    ],
  );
  await limits.setTradingState({ scope: { symbol: SYMBOL }, state: 'halted' });
  expect(await code('e6')).toBe('trading-halted');
  await limits.setTradingState({ scope: { symbol: SYMBOL }, state: 'active' });
});

test('a lock keeps a side of a scope from trading for its time, or until it is taken off', async () => {
  const { limits, checks } = t.risk;
  const lock = {
    lockId: 'k1',
    scope: { account: 'f' },
    side: 'buy',
    reason: 'losses',
    until: '2026-01-01T01:00:00Z',
  } as const;
  const placed = await limits.lock(lock);
  expect(await limits.lock(lock)).toEqual(placed);
  const [conflict, past] = await errorsOf([
    limits.lock({ ...lock, reason: 'other' }),
    limits.lock({ ...lock, lockId: 'k0', until: START }),
  ]);
  expect(conflict).toMatchObject({ code: 'id-conflict' });
  expect(past).toMatchObject({ code: 'already-past', issues: [{ path: 'until' }] });
  const code = async (orderId: string, side: 'buy' | 'sell' = 'buy') =>
    (await checks.check({ ...order(orderId, 'f'), side })).code;
  expect([await code('f1'), await code('f2', 'sell')]).toEqual(['locked', 'allowed']);
  await limits.lock({
    lockId: 'k2',
    scope: {},
    reason: 'news',
    from: '2026-01-01T00:30:00Z',
    until: '2026-01-01T00:31:00Z',
  });
  expect((await limits.listLocks({ active: true })).items).toHaveLength(2);
  await limits.unlock({ lockId: 'k1' });
  expect(await limits.unlock({ lockId: 'k1' })).toMatchObject({ releasedAt: START });
  expect(await code('f3')).toBe('allowed');
  await t.box.clock.set('2026-01-01T00:30:30Z');
  expect(await code('f4')).toBe('locked');
  await t.box.clock.set('2026-01-01T00:31:00Z');
  expect(await code('f5')).toBe('allowed');
  expect((await limits.listLocks({ active: false })).items).toHaveLength(2);
});

test('what is changed for a test run says so, and a fence that somebody has passed since changes nothing', async () => {
  const { limits } = t.risk;
  const scope = { account: 'g' };
  const run = (fence: number) => ({ run: 'run-1', fence });
  const limit = { metric: 'position', scope, hard: '5' } as const;
  expect(await limits.define({ ...limit, limitId: 'l-run', ...run(2) })).toMatchObject(run(2));
  await limits.setTradingState({ scope, state: 'halted', ...run(2) });
  const lock = { lockId: 'k-run', scope, reason: 'chaos', until: '2027-01-01T00:00:00Z' };
  expect(await limits.lock({ ...lock, ...run(2) })).toMatchObject(run(2));
  expect(await limits.listTradingStateChanges({ scope })).toMatchObject([{ to: 'halted', ...run(2) }]);

  await t.risk.runFences.raise({ run: 'run-1', fence: 3 });
  const before = await t.everything();
  const late = await errorsOf([
    limits.define({ ...limit, hard: '6', ...run(2) }),
    limits.setTradingState({ scope, state: 'active', ...run(2) }),
    limits.lock({ ...lock, lockId: 'k-late', ...run(2) }),
    limits.unlock({ lockId: 'k-run', ...run(2) }),
  ]);
  expect(late).toMatchObject(Array.from({ length: 4 }, () => ({ kind: 'conflict', code: 'stale-fence' })));
  // What it did while it might is answered as it is.
  expect(await limits.define({ ...limit, ...run(2) })).toMatchObject({ version: 1 });
  expect(await limits.lock({ ...lock, ...run(2) })).toMatchObject({ lockId: 'k-run' });
  const alone = await errorsOf([
    limits.define({ ...limit, hard: '6', run: 'run-1' }),
    limits.setTradingState({ scope, state: 'active', fence: 9 }),
    limits.lock({ ...lock, run: 'run-1' }),
    limits.unlock({ lockId: 'k-run', fence: 9 }),
  ]);
  expect(alone).toMatchObject(
    Array.from({ length: 4 }, () => ({ kind: 'invalid-input', issues: [{ path: 'fence' }] })),
  );
  expect(await t.everything()).toBe(before);

  // The next holder, and whoever acts for no run, put it right.
  expect(await limits.define({ ...limit, hard: '6', ...run(3) })).toMatchObject({ version: 2, ...run(3) });
  expect(await limits.setTradingState({ scope, state: 'active' })).toMatchObject({ state: 'active' });
  expect(await limits.unlock({ lockId: 'k-run', ...run(4) })).toMatchObject({ releasedAt: t.box.clock.now() });
  expect(await errorsOf([limits.define({ ...limit, hard: '7', ...run(3) })])).toMatchObject([{ code: 'stale-fence' }]);
});

import { decimal } from '@tse/core';
import { openFacts } from '@tse/core/admin';
import { sandbox } from '@tse/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMarketDataAdapter, definition } from '../index.ts';
import type { DefineScenario } from './scenarios.ts';
import type { RecordMoves } from './scenario-runs.ts';

let box: Awaited<ReturnType<typeof open>>;
const open = () => sandbox({ marketData: createMarketDataAdapter });
const symbols = ['BTC-USD', 'ETH-USD'];
beforeAll(async () => {
  box = await open();
  for (const symbol of symbols)
    await box.marketData.instruments.register({ symbol, tickSize: '0.01', stepSize: '0.00000001' });
  await box.marketData.scenarios.define(crash);
});
afterAll(() => box[Symbol.asyncDispose]());

const crash: DefineScenario = {
  scenarioId: 'crash',
  name: 'Crash',
  spec: {
    type: 'crash',
    model: 'brownian-motion',
    symbols: [
      { symbol: 'BTC-USD', startPrice: '30000' },
      { symbol: 'ETH-USD', startPrice: '2000' },
    ],
    duration: 'PT1H',
    step: 'PT1S',
  },
};

/** A generator whose whole state is one number: mulberry32. */
function generator(state: number) {
  let now = state;
  return {
    next(): number {
      now = (now + 0x6d2b79f5) | 0;
      let t = Math.imul(now ^ (now >>> 15), 1 | now);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    },
    state: () => String(now),
  };
}

/** A simulator's part: the next moves from where the run stands, drawn from the generator. */
async function simulate(scenarioRunId: string, seed: number, count: number, over: Partial<RecordMoves> = {}) {
  const { scenarioRuns } = box.marketData;
  const run = await scenarioRuns.get(scenarioRunId);
  const checkpoint = await scenarioRuns.findCheckpoint({ scenarioRunId });
  const random = generator(checkpoint ? Number(checkpoint.randomState) : seed);
  const prices = new Map(Object.entries<string>(run.prices));
  const moves = Array.from({ length: count }, () => {
    const symbol = symbols[random.next() < 0.5 ? 0 : 1]!;
    const from = prices.get(symbol)!;
    const noise = decimal.of((random.next() - 0.5).toFixed(2));
    const causes = [
      { kind: 'drift' as const, delta: '-0.5' },
      ...(noise === '0' ? [] : [{ kind: 'noise' as const, causeId: 'n1', delta: noise }]),
    ];
    const to = decimal.plus(from, decimal.sum(causes.map(({ delta }) => delta)));
    prices.set(symbol, to);
    return { symbol, from, to, causes, at: box.clock.now() };
  });
  const input = { scenarioRunId, firstSequence: run.lastSequence + 1, moves, randomState: random.state(), ...over };
  return { input, run: await scenarioRuns.record(input) };
}

test('a scenario is defined once, its versions follow each other, and the active one is what runs take', async () => {
  const { scenarios, scenarioRuns } = box.marketData;
  const first = await scenarios.define(crash);
  expect(first).toMatchObject({ scenarioId: 'crash', version: 1, spec: { intensity: 1, correlations: [] } });
  expect(await scenarios.define({ ...crash, spec: { ...crash.spec, intensity: 1 } })).toEqual(first);
  await expect(scenarios.define({ ...crash, spec: { ...crash.spec, intensity: 2 } })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'id-conflict',
  });
  await expect(scenarios.define({ ...crash, version: 3 })).rejects.toMatchObject({ code: 'version-gap' });
  await expect(
    scenarios.define({
      ...crash,
      scenarioId: 'other',
      spec: { ...crash.spec, symbols: [{ symbol: 'NO-USD', startPrice: '1' }] },
    }),
  ).rejects.toMatchObject({ kind: 'not-found', code: 'unknown-instrument' });
  const second = await scenarios.define({ ...crash, version: 2, spec: { ...crash.spec, intensity: 2 } });
  expect(second.specHash).not.toBe(first.specHash);
  expect(await scenarios.getVersion({ scenarioId: 'crash' })).toEqual(first);
  expect(await scenarioRuns.start({ scenarioRunId: 'v1', scenarioId: 'crash', seed: '1' })).toMatchObject({
    scenarioVersion: 1,
  });
  expect(await scenarios.activate({ scenarioId: 'crash', version: 2 })).toEqual({
    scenarioId: 'crash',
    name: 'Crash',
    activeVersion: 2,
    lastVersion: 2,
  });
  expect(await scenarioRuns.start({ scenarioRunId: 'v2', scenarioId: 'crash', seed: '1' })).toMatchObject({
    scenarioVersion: 2,
  });
  await scenarios.activate({ scenarioId: 'crash', version: 1 });
  await expect(scenarios.activate({ scenarioId: 'crash', version: 9 })).rejects.toMatchObject({
    code: 'unknown-scenario-version',
  });
  await expect(scenarios.get('nobody')).rejects.toMatchObject({ code: 'unknown-scenario' });
  await expect(scenarios.getVersion({ scenarioId: 'crash', version: 9 })).rejects.toMatchObject({
    code: 'unknown-scenario-version',
  });
  expect((await scenarios.list()).items.map(({ scenarioId }) => scenarioId)).toEqual(['crash']);
});

test('two who define one version at once agree, or one of them is told', async () => {
  const { scenarios } = box.marketData;
  const versions = await Promise.allSettled(
    Array.from({ length: 8 }, (_, i) =>
      scenarios.define({ ...crash, scenarioId: 'raced', spec: { ...crash.spec, intensity: 1 + (i % 2) } }),
    ),
  );
  expect(versions.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
  for (const each of versions)
    if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'id-conflict' });
});

test('the same seed moves alike, another does not, and each move is explained to the last digit', async () => {
  const { scenarioRuns } = box.marketData;
  for (const [scenarioRunId, seed] of [
    ['a', '7'],
    ['b', '7'],
    ['c', '8'],
  ] as const)
    await scenarioRuns.start({ scenarioRunId, scenarioId: 'crash', seed });
  const [a, b, c] = [await simulate('a', 7, 400), await simulate('b', 7, 400), await simulate('c', 8, 400)];
  expect(a.run).toMatchObject({ lastSequence: 400, state: 'running', prices: a.run.prices });
  expect(b.run.priceHash).toBe(a.run.priceHash);
  expect(c.run.priceHash).not.toBe(a.run.priceHash);

  const moves = await Array.fromAsync(scenarioRuns.listMoves({ scenarioRunId: 'a', limit: 150 }));
  expect(moves.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
  for (const { from, to, causes } of moves)
    expect(decimal.sum(causes.map(({ delta }) => delta))).toBe(decimal.minus(to, from));
  const ofBtc = await Array.fromAsync(scenarioRuns.listMoves({ scenarioRunId: 'a', symbol: 'BTC-USD' }));
  expect(ofBtc[0]!.from).toBe('30000');
  expect(ofBtc.at(-1)!.to).toBe(a.run.prices['BTC-USD']);
  for (const [i, { from }] of ofBtc.entries()) if (i > 0) expect(from).toBe(ofBtc[i - 1]!.to);

  await using facts = await openFacts(definition, {
    instance: box.marketData.identity.instance,
    admin: box.admin,
  });
  const [sums] = await facts.query<{ moves: number; wrong: number }>(
    `select count(*) as moves, count(*) filter (where explained <> price - price_before) as wrong from facts_price_moves where run_id = 'a'`,
  );
  expect(sums).toEqual({ moves: 400, wrong: 0 });
});

test('a fork shares what was, and goes on from its checkpoint: as its parent with its seed, elsewhere with another', async () => {
  const { scenarioRuns } = box.marketData;
  await scenarioRuns.start({ scenarioRunId: 'p', scenarioId: 'crash', seed: '21' });
  await simulate('p', 21, 50);
  const half = await scenarioRuns.get('p');
  const whole = (await simulate('p', 21, 50)).run;

  const fork = { scenarioRunId: 'p/1', parentRunId: 'p', forkSequence: 50 };
  const forked = await scenarioRuns.fork(fork);
  expect(forked).toMatchObject({
    parentRunId: 'p',
    forkSequence: 50,
    seed: '21',
    lastSequence: 50,
    priceHash: half.priceHash,
    prices: half.prices,
  });
  expect(await scenarioRuns.fork(fork)).toEqual(forked);
  expect((await simulate('p/1', 0, 50)).run.priceHash).toBe(whole.priceHash);

  await scenarioRuns.fork({ ...fork, scenarioRunId: 'p/2', forkSequence: 30, seed: '99' });
  expect(await scenarioRuns.findCheckpoint({ scenarioRunId: 'p/2' })).toBeUndefined();
  const other = (await simulate('p/2', 99, 70)).run;
  expect(other.lastSequence).toBe(100);
  expect(other.priceHash).not.toBe(whole.priceHash);
  // A fork of a fork, from before where that one began.
  await scenarioRuns.fork({ scenarioRunId: 'p/2/1', parentRunId: 'p/2', forkSequence: 20 });
  await scenarioRuns.fork({ scenarioRunId: 'p/3', parentRunId: 'p', forkSequence: 20 });
  expect(await scenarioRuns.get('p/2/1')).toMatchObject({ priceHash: (await scenarioRuns.get('p/3')).priceHash });
  const pricesOf = async (scenarioRunId: string) =>
    (await Array.fromAsync(scenarioRuns.listMoves({ scenarioRunId, limit: 40 }))).map(({ to, sequence }) => [
      sequence,
      to,
    ]);
  const [ofP, ofFork, ofOther] = [await pricesOf('p'), await pricesOf('p/1'), await pricesOf('p/2')];
  expect(ofFork).toEqual(ofP);
  expect(ofOther.slice(0, 30)).toEqual(ofP.slice(0, 30));
  expect(await pricesOf('p/2/1')).toEqual(ofP.slice(0, 20));

  await expect(scenarioRuns.fork({ ...fork, scenarioRunId: 'p/4', forkSequence: 101 })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'fork-ahead',
  });
  await expect(scenarioRuns.fork({ ...fork, parentRunId: 'nobody', scenarioRunId: 'p/5' })).rejects.toMatchObject({
    kind: 'not-found',
    code: 'unknown-parent-run',
  });
});

test('moves are recorded once and in sequence, from where their symbols stand', async () => {
  const { scenarioRuns } = box.marketData;
  await scenarioRuns.start({ scenarioRunId: 's', scenarioId: 'crash', seed: '3' });
  const { input, run } = await simulate('s', 3, 10);
  expect(await scenarioRuns.record(input)).toEqual(run);
  const last = run.prices['BTC-USD']!;
  const next = {
    symbol: 'BTC-USD',
    from: last,
    to: decimal.plus(last, '1'),
    causes: [{ kind: 'jump' as const, delta: '1' }],
    at: box.clock.now(),
  };
  const base = { scenarioRunId: 's', firstSequence: 11 };
  const refused: [object, object][] = [
    [{ ...input, moves: [{ ...next, from: '1', to: '2' }, ...input.moves.slice(1)] }, { code: 'id-conflict' }],
    [{ ...base, firstSequence: 12, moves: [next] }, { code: 'sequence-gap' }],
    [
      { ...base, moves: [{ ...next, from: '1', to: '2' }] },
      { code: 'price-break', details: { sequence: 11 } },
    ],
    [
      { ...base, moves: [next, next] },
      { code: 'price-break', details: { sequence: 12 } },
    ],
    [
      { ...base, moves: [{ ...next, symbol: 'XRP-USD' }] },
      { kind: 'not-found', code: 'unknown-scenario-symbol' },
    ],
    [
      { ...base, moves: [{ ...next, causes: [] }] },
      { kind: 'invalid-input', issues: [{ path: 'moves.0.causes' }] },
    ],
    [
      { ...base, scenarioRunId: 'nobody', moves: [next] },
      { kind: 'not-found', code: 'unknown-scenario-run' },
    ],
  ];
  for (const [bad, error] of refused)
    await expect(scenarioRuns.record(bad as RecordMoves), JSON.stringify(error)).rejects.toMatchObject(error);
  expect(await scenarioRuns.get('s', { fresh: true })).toEqual(run);

  await scenarioRuns.change({ scenarioRunId: 's', state: 'paused' });
  await expect(scenarioRuns.record({ ...base, moves: [next] })).rejects.toMatchObject({ code: 'run-not-running' });
  await scenarioRuns.change({ scenarioRunId: 's', state: 'running' });
  expect(await scenarioRuns.record({ ...base, moves: [next] })).toMatchObject({ lastSequence: 11 });
  expect(await scenarioRuns.change({ scenarioRunId: 's', state: 'completed', reason: 'over' })).toMatchObject({
    state: 'completed',
    reason: 'over',
  });
  await expect(scenarioRuns.change({ scenarioRunId: 's', state: 'running' })).rejects.toMatchObject({
    code: 'illegal-transition',
  });
});

test('a run for a test run obeys its fence', async () => {
  const { scenarioRuns } = box.marketData;
  await scenarioRuns.start({ scenarioRunId: 'f', scenarioId: 'crash', seed: '1', run: 'run-9', fence: 2 });
  await expect(simulate('f', 1, 1)).rejects.toMatchObject({ code: 'fence-required' });
  await expect(simulate('f', 1, 1, { run: 'run-9', fence: 1 })).rejects.toMatchObject({ code: 'stale-fence' });
  expect((await simulate('f', 1, 1, { run: 'run-9', fence: 3 })).run).toMatchObject({ lastSequence: 1, fence: 3 });
  await expect(
    scenarioRuns.change({ scenarioRunId: 'f', state: 'stopped', run: 'run-9', fence: 2 }),
  ).rejects.toMatchObject({ code: 'stale-fence' });
  await scenarioRuns.change({ scenarioRunId: 'f', state: 'stopped', run: 'run-9', fence: 3 });
  const told = async () =>
    (await box.events.all()).filter(({ payload }) => payload['scenarioRunId'] === 'f').map(({ payload }) => payload);
  await expect.poll(told).toMatchObject([
    { state: 'running', seed: '1', runId: 'run-9', fence: 2, lastSequence: 0 },
    { state: 'stopped', fence: 3, lastSequence: 1 },
  ]);
  expect((await scenarioRuns.list({ run: 'run-9' })).items).toMatchObject([{ scenarioRunId: 'f', state: 'stopped' }]);
});

test('the active run is read without PostgreSQL, and is what the tables say without Redis', async () => {
  const { scenarioRuns } = box.marketData;
  await scenarioRuns.start({ scenarioRunId: 'live', scenarioId: 'crash', seed: '5' });
  const { run } = await simulate('live', 5, 20);
  {
    using _ = box.postgres.down();
    expect(await scenarioRuns.get('live')).toEqual(run);
  }
  await box.marketData.ready();
  {
    using _ = box.redis.down();
    expect((await simulate('live', 5, 1)).run.lastSequence).toBe(21);
    expect(await scenarioRuns.get('live')).toMatchObject({ lastSequence: 21 });
  }
  await box.marketData.ready();
  await expect.poll(async () => (await scenarioRuns.get('live')).lastSequence).toBe(21);
});

test('a reply that is lost after the commit is made up for by recording again', async () => {
  const { scenarioRuns } = box.marketData;
  await scenarioRuns.start({ scenarioRunId: 'cut', scenarioId: 'crash', seed: '6' });
  const strike = box.postgres.cutAfterCommit({ match: /record_price_moves/ });
  const from = '2000';
  const moves = [
    { symbol: 'ETH-USD', from, to: '1999.5', causes: [{ kind: 'drift' as const, delta: '-0.5' }], at: box.clock.now() },
  ];
  const input = { scenarioRunId: 'cut', firstSequence: 1, moves };
  await expect(scenarioRuns.record(input)).rejects.toMatchObject({
    kind: 'outcome-unknown',
    repeatWith: { id: 'cut' },
  });
  await strike.struck;
  expect(await scenarioRuns.record(input)).toMatchObject({ lastSequence: 1, prices: { 'ETH-USD': '1999.5' } });
});

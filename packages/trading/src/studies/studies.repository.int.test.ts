import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestTrading, errorsOf, testTrading } from '../test-trading.ts';

let t: TestTrading;
beforeAll(async () => {
  t = await testTrading({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const objectives = [
  { name: 'sharpe', direction: 'maximize' },
  { name: 'max-drawdown', direction: 'minimize' },
] as const;
const study = (studyId: string) =>
  t.trading.studies.create({ studyId, strategyId: 's', name: 'Averages', objectives: [...objectives] });

test('many workers claim each trial once; what dies is claimed again, and its late answer refused', async () => {
  const { studies } = t.trading;
  const other = t.box.open('trading', { workers: false });
  await study('claims');
  const params = Array.from({ length: 20 }, (_, fast) => ({ fast }));
  expect(await studies.addTrials({ studyId: 'claims', params })).toMatchObject([
    { n: 1, isNew: true },
    ...params.slice(1).map(() => ({ isNew: true })),
  ]);
  expect(await studies.addTrials({ studyId: 'claims', params: [{ fast: 3 }] })).toEqual([{ n: 4, isNew: false }]);
  const claims = await Promise.all(
    Array.from({ length: 22 }, (_, i) =>
      (i % 2 ? studies : other.studies).claim({ studyId: 'claims', worker: `w${i}` }),
    ),
  );
  const got = claims.filter((claim) => claim !== undefined).map(({ n }) => n);
  expect(got.toSorted((a, b) => a - b)).toEqual(params.map((_, i) => i + 1));

  await study('dies');
  await studies.addTrials({ studyId: 'dies', params: [{ fast: 1 }] });
  const first = (await studies.claim({ studyId: 'dies', worker: 'w', ttl: 'PT0.001S' }))!;
  await expect.poll(() => studies.claim({ studyId: 'dies', worker: 'v' })).toMatchObject({ n: 1, claim: 2 });
  expect(await errorsOf([studies.complete({ ...claimOf(first), objectives: [1, 2] })])).toMatchObject([
    { code: 'stale-claim' },
  ]);
  const done = await studies.complete({ ...claimOf(first), claim: 2, objectives: [1, 2] });
  expect(done).toMatchObject({ state: 'completed', objectives: [1, 2] });
  expect(await studies.complete({ ...claimOf(first), claim: 2, objectives: [1, 2] })).toEqual(done);
  expect(
    await errorsOf([
      studies.complete({ ...claimOf(first), claim: 2, objectives: [1, 3] }),
      studies.fail({ ...claimOf(first), claim: 2, error: 'late' }),
    ]),
  ).toMatchObject([{ code: 'illegal-transition' }, { code: 'illegal-transition' }]);
});

const claimOf = ({ studyId, n, claim }: { studyId: string; n: number; claim: number }) => ({ studyId, n, claim });

test('the front of a study is what no trial beats; a closed study takes no more', async () => {
  const { studies } = t.trading;
  await study('front');
  await studies.addTrials({ studyId: 'front', params: [1, 2, 3, 4].map((fast) => ({ fast })) });
  const values = [
    [1, 0.1],
    [2, 0.2],
    [1.5, 0.3],
  ];
  for (const objective of values) {
    const claim = (await studies.claim({ studyId: 'front', worker: 'w' }))!;
    await studies.complete({ ...claimOf(claim), objectives: objective });
  }
  const last = (await studies.claim({ studyId: 'front', worker: 'w' }))!;
  expect(await errorsOf([studies.complete({ ...claimOf(last), objectives: [1] })])).toMatchObject([
    { code: 'wrong-objectives', issues: [{ path: 'objectives' }] },
  ]);
  expect(await studies.fail({ ...claimOf(last), error: 'no data' })).toMatchObject({
    state: 'failed',
    error: 'no data',
  });
  expect((await studies.front('front')).map(({ params }) => params['fast'])).toEqual([1, 2]);
  expect(
    (await studies.listTrials({ studyId: 'front', state: 'completed', limit: 2 })).items.map(({ n }) => n),
  ).toEqual([1, 2]);
  expect(await studies.close('front')).toMatchObject({ status: 'closed', trials: 4 });
  expect(await studies.close('front')).toMatchObject({ status: 'closed' });
  expect(
    await errorsOf([
      studies.addTrials({ studyId: 'front', params: [{}] }),
      studies.addTrials({ studyId: 'nobody', params: [{}] }),
      studies.create({ studyId: 'front', strategyId: 's', name: 'Other', objectives: [...objectives] }),
      studies.create({ strategyId: 'nobody', name: 'X', objectives: [...objectives] }),
    ]),
  ).toMatchObject([
    { code: 'study-closed' },
    { code: 'unknown-study' },
    { code: 'id-conflict' },
    { code: 'unknown-strategy' },
  ]);
  expect(await studies.claim({ studyId: 'front', worker: 'w' })).toBeUndefined();
});

test('live decisions are compared with those of a backtest, one by one', async () => {
  const { backtests, studies } = t.trading;
  await t.trade('buy', '1', '101');
  await t.trade('sell', '1', '99');
  const at = t.box.clock.now();
  await backtests.start({
    backtestId: 'b',
    strategyId: 's',
    strategyVersion: 1,
    engineVersion: '1',
    dataSnapshot: 'x',
    dataSha256: 'a'.repeat(64),
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-02T00:00:00Z',
    startingEquity: '1000',
  });
  const order = (n: number, side: 'buy' | 'sell', price: string) =>
    ({
      n,
      symbol: 'BTC-USD',
      side,
      type: 'market',
      quantity: '1',
      filledQuantity: '1',
      averagePrice: price,
      placedAt: at,
    }) as const;
  await backtests.append({ backtestId: 'b', orders: [order(0, 'buy', '100'), order(1, 'buy', '100')] });
  const input = {
    parityId: 'p',
    deploymentId: 'd',
    backtestId: 'b',
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-02T00:00:00Z',
  };
  const run = await studies.compareParity(input);
  expect(run).toMatchObject({ live: 2, backtested: 2, matched: 1, matchRate: 1 / 3 });
  expect(run.rows.map(({ verdict }) => verdict).toSorted()).toEqual(['only-backtest', 'only-live', 'same']);
  expect(run.rows.find(({ verdict }) => verdict === 'same')).toMatchObject({
    slippage: 0.01,
    livePrice: '101',
    backtestPrice: '100',
  });
  expect(await studies.compareParity(input)).toEqual(run);
  expect(await studies.getParity('p')).toEqual(run);
  expect(
    await errorsOf([
      studies.compareParity({ ...input, tolerance: 'PT1S' }),
      studies.compareParity({ ...input, parityId: 'q', backtestId: 'nobody' }),
      studies.getParity('nobody'),
    ]),
  ).toMatchObject([{ code: 'id-conflict' }, { code: 'unknown-backtest' }, { code: 'unknown-parity' }]);
});

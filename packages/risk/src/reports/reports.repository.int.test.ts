import { afterAll, beforeAll, expect, test } from 'vitest';
import { SYMBOL, type TestRisk, errorsOf, testRisk } from '../test-risk.ts';

let t: TestRisk;
beforeAll(async () => {
  t = await testRisk({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const period = { from: '2026-01-01T00:00:00Z', until: '2026-01-02T00:00:00Z' };
let asked = 0;
const check = (quantity = '1') => {
  asked += 1;
  return t.risk.checks.check({
    orderId: `o${asked}`,
    account: 'alice',
    symbol: SYMBOL,
    side: 'buy',
    quantity,
    price: '100',
  });
};

test('a report of the same watermark has the same hash, whatever happened since', async () => {
  const { reports, limits, breaches, positions } = t.risk;
  await limits.define({ limitId: 'l', metric: 'position', scope: { account: 'alice' }, hard: '3' });
  await check();
  await check('9');
  await positions.applyFill(t.fillOf({ quantity: '5' }));
  await breaches.evaluate();
  await limits.setTradingState({ scope: { account: 'alice' }, state: 'halted', reason: 'breach' });
  for (const kind of ['daily-summary', 'breach-history', 'limit-changes', 'decisions'] as const) {
    const first = await reports.generate({ reportId: `${kind}-1`, kind, ...period });
    expect(await reports.get(`${kind}-1`)).toEqual(first);
    await check();
    await limits.define({ limitId: 'l', metric: 'position', scope: { account: 'alice' }, hard: `4.${asked}` });
    const again = await reports.generate({ reportId: `${kind}-2`, kind, ...period, watermark: first.watermark });
    expect([again.sha256, again.body]).toEqual([first.sha256, first.body]);
    const later = await reports.generate({ reportId: `${kind}-3`, kind, ...period });
    if (kind !== 'breach-history') expect(later.sha256).not.toBe(first.sha256);
  }
  const { body } = await reports.get('daily-summary-1');
  expect(body).toMatchObject({
    decisions: [
      { decision: 'allow', code: 'allowed', count: 1 },
      { decision: 'deny', code: 'position-exceeded', count: 1 },
    ],
    breaches: [{ type: 'opened', severity: 'critical', observed: '5', limitId: 'l', limitVersion: 1 }],
    limits: [{ limitId: 'l', limitVersion: 1, hard: '3' }],
    tradingStates: [{ scope: 'account:alice', from: 'active', to: 'halted', reason: 'breach' }],
    fills: { count: 1, accounts: 1 },
  });
  expect((await reports.list({ kind: 'decisions' })).items).toHaveLength(3);
});

test('a report is complete at its watermark while others write', async () => {
  const { reports } = t.risk;
  let writing = true;
  const writer = (async () => {
    while (writing) await check();
  })();
  const marks: { watermark: string; sha256: string }[] = [];
  for (let i = 0; i < 5; i += 1)
    marks.push(await reports.generate({ reportId: `w${i}`, kind: 'decisions', ...period }));
  writing = false;
  await writer;
  for (const [i, { watermark, sha256 }] of marks.entries())
    expect((await reports.generate({ reportId: `v${i}`, kind: 'decisions', ...period, watermark })).sha256).toBe(
      sha256,
    );
});

test('what makes no report is refused', async () => {
  const { reports } = t.risk;
  await reports.generate({ reportId: 'r', kind: 'decisions', ...period });
  expect(
    await errorsOf([
      reports.generate({ reportId: 'r', kind: 'limit-changes', ...period }),
      reports.generate({ reportId: 'r2', kind: 'decisions', ...period, watermark: '2199-01-01T00:00:00Z' }),
      reports.generate({ reportId: 'r3', kind: 'decisions', from: period.until, until: period.from }),
      reports.get('none'),
      reports.beat({ source: 'none' }),
    ]),
  ).toMatchObject([
    { kind: 'conflict', code: 'id-conflict' },
    { kind: 'invalid-input', code: 'watermark-ahead', issues: [{ path: 'watermark' }] },
    { kind: 'invalid-input', issues: [{ path: 'until' }] },
    { code: 'unknown-report' },
    { code: 'unknown-feed' },
  ]);
});

test('a feed that falls silent is an alert until it is heard of again', async () => {
  const { reports, breaches, alerts } = t.risk;
  await reports.expectFeed({ source: 'market-data', maxGap: 'PT30S' });
  await breaches.evaluate();
  const silent = async () =>
    (await alerts.listActive({ fresh: true })).filter(({ dedupKey }) => dedupKey.includes('feed:market-data'));
  expect(await silent()).toEqual([]);
  await t.box.clock.advance('PT31S');
  expect(await reports.listFeeds()).toMatchObject([{ source: 'market-data', maxGapMs: 30_000, overdue: true }]);
  await breaches.evaluate();
  await breaches.evaluate();
  expect(await silent()).toMatchObject([{ kind: 'no-data', severity: 'high', state: 'firing' }]);
  expect(await reports.beat({ source: 'market-data' })).toMatchObject({ overdue: false });
  await breaches.evaluate();
  expect(await silent()).toEqual([]);
});

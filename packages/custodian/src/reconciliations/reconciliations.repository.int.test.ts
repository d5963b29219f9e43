import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Break, StatementLine } from '../index.ts';
import { type TestCustodian, errorsOf, testCustodian } from '../test-custodian.ts';

let t: TestCustodian;
beforeAll(async () => {
  t = await testCustodian();
  for (const accountId of ['a', 'b', 'c', 'd', 'e']) await t.client(accountId);
});
afterAll(() => t[Symbol.asyncDispose]());

let booked = 0;
/** Books amounts of an account against the outside and answers the transaction. */
async function book(accountId: string, asset: string, ...amounts: string[]): Promise<string> {
  const reference = `b${(booked += 1)}`;
  const movements = amounts.flatMap((amount) => [
    { accountId, asset, amount },
    { accountId: 'external', asset, amount: amount.startsWith('-') ? amount.slice(1) : `-${amount}` },
  ]);
  await t.custodian.holdings.adjust({ reference, reason: 'r', movements });
  return `adjustment:${reference}`;
}
let lines = 0;
const line = (accountId: string, asset: string, amount: string, over: Partial<StatementLine> = {}): StatementLine => ({
  externalId: `x${(lines += 1)}`,
  accountId,
  asset,
  amount,
  bookedAt: t.box.clock.now(),
  ...over,
});
const record = (source: string, ...all: StatementLine[]) =>
  t.custodian.reconciliations.recordLines({ source, lines: all });
let runs = 0;
const run = (source: string, over: object = {}) =>
  t.custodian.reconciliations.run({ runId: `run-${(runs += 1)}`, source, cutoff: t.box.clock.now(), ...over });
const live = async (source: string): Promise<Break[]> =>
  (
    await t.custodian.reconciliations.listBreaks({
      source,
      state: ['open', 'investigating', 'explained', 'written-off'],
    })
  ).items;
const rules = (source: string, accountIds: string[], over: object = {}) =>
  t.custodian.reconciliations.defineRules({ source, version: 1, accountIds, ...over });

test('a statement that says what we have has no break; each way to differ is one, and nothing else', async () => {
  await rules('bank', ['a']);
  const [same, other, sum, missing, wrongAsset] = [
    await book('a', 'USD', '100'),
    await book('a', 'USD', '50'),
    await book('a', 'USD', '-10', '-0.2'),
    await book('a', 'USD', '7'),
    await book('a', 'USD', '9'),
  ];
  const all = [
    line('a', 'USD', '100.00', { reference: same }),
    line('a', 'USD', '55', { reference: other }),
    line('a', 'USD', '-10.2', { reference: sum }),
    line('a', 'USD', '100', { reference: same }),
    line('a', 'EUR', '9', { reference: wrongAsset }),
    line('a', 'USD', '1', { reference: 'adjustment:never' }),
  ];
  expect(await record('bank', ...all)).toEqual({ recorded: 6, known: 0 });
  expect(await record('bank', ...all)).toEqual({ recorded: 0, known: 6 });
  const done = await run('bank');
  expect(done).toEqual({
    runId: 'run-1',
    kind: 'movements',
    source: 'bank',
    ruleVersion: 1,
    cutoff: '2026-01-01T00:00:00.000000Z',
    dryRun: false,
    status: 'completed',
    lines: 6,
    entries: 6,
    matched: 1,
    grouped: 1,
    differences: 5,
    startedAt: '2026-01-01T00:00:00.000000Z',
    completedAt: '2026-01-01T00:00:00.000000Z',
  });
  const byKind = Object.fromEntries((await live('bank')).map((each) => [each.kind, each]));
  expect(byKind).toMatchObject({
    'amount-differs': {
      externalId: all[1]!.externalId,
      transactionId: other,
      ours: '50',
      theirs: '55',
      difference: '5',
      state: 'open',
    },
    'duplicate-line': { externalId: all[3]!.externalId, theirs: '100', difference: '100' },
    'asset-differs': { externalId: all[4]!.externalId, transactionId: wrongAsset, asset: 'EUR', theirs: '9' },
    'missing-ours': { externalId: all[5]!.externalId, theirs: '1', difference: '1' },
    'missing-theirs': { transactionId: missing, ours: '7', difference: '-7' },
  });
  expect(byKind['missing-ours']).not.toHaveProperty('ours');
  const { reconciliations } = t.custodian;
  expect(await reconciliations.findMatch({ source: 'bank', externalId: all[0]!.externalId })).toEqual({
    rule: 'reference',
    lines: [all[0]!.externalId],
    entries: [{ transactionId: same, line: 1 }],
    difference: '0',
  });
  expect(await reconciliations.findMatch({ source: 'bank', externalId: all[2]!.externalId })).toMatchObject({
    rule: 'sum',
    ruleVersion: 1,
    entries: [{ line: 1 }, { line: 3 }],
  });
  expect(await reconciliations.findMatch({ source: 'bank', externalId: all[3]!.externalId })).toBeUndefined();
  expect((await reconciliations.listMatches({ runId: 'run-1' })).items).toHaveLength(1);
  expect(await reconciliations.run({ runId: 'run-1', source: 'bank', cutoff: done.cutoff })).toEqual(done);
});

test('a break is one while it lasts: seen again it is counted, changed it says so, gone it is closed, back it is another', async () => {
  const { reconciliations } = t.custodian;
  await rules('chain', ['b']);
  const reference = await book('b', 'BTC', '3');
  await run('chain');
  const [first] = await live('chain');
  expect(first).toMatchObject({ kind: 'missing-theirs', seenCount: 1, version: 1 });
  await reconciliations.changeBreak({
    breakId: first!.breakId,
    state: 'investigating',
    ownerId: 'olga',
    note: 'asked',
    version: 1,
  });
  await t.box.clock.advance('PT1H');
  await run('chain');
  expect(await live('chain')).toMatchObject([
    {
      breakId: first!.breakId,
      seenCount: 2,
      state: 'investigating',
      ownerId: 'olga',
      firstSeen: '2026-01-01T00:00:00.000000Z',
      lastSeen: '2026-01-01T01:00:00.000000Z',
    },
  ]);
  await record('chain', line('b', 'BTC', '2.5', { reference }));
  await run('chain');
  // It is about the line from now on; what was about the entry alone is gone.
  const [second] = await live('chain');
  expect(second).toMatchObject({ kind: 'amount-differs', difference: '-0.5', seenCount: 1 });
  expect(await reconciliations.findBreak(first!.breakId)).toMatchObject({
    state: 'closed',
    seenCount: 2,
    ownerId: 'olga',
  });
  await reconciliations.changeBreak({ breakId: second!.breakId, state: 'written-off', note: 'fee' });
  await run('chain');
  expect(await live('chain')).toMatchObject([{ breakId: second!.breakId, state: 'written-off', seenCount: 2 }]);
  const wide = await reconciliations.defineRules({
    source: 'chain',
    version: 2,
    accountIds: ['b'],
    amountTolerance: '0.5',
  });
  expect(wide).toMatchObject({ amountTolerance: '0.5', dateToleranceMs: 86_400_000 });
  const closing = await run('chain');
  expect(closing).toMatchObject({ ruleVersion: 2, grouped: 1, differences: 0 });
  expect(await live('chain')).toEqual([]);
  const last = await reconciliations.findBreak(second!.breakId);
  expect(last).toMatchObject({ state: 'closed' });
  // Its match is undone: the difference is back, and is a break of its own.
  const [match] = (await reconciliations.listMatches({ runId: last!.lastRunId === 'run-6' ? 'run-6' : `run-${runs}` }))
    .items;
  expect(match).toMatchObject({ rule: 'tolerance', difference: '-0.5' });
  await reconciliations.dissolveMatch(match!.matchId!);
  await reconciliations.dissolveMatch(match!.matchId!);
  await reconciliations.defineRules({ source: 'chain', version: 3, accountIds: ['b'] });
  await run('chain');
  const [again] = await live('chain');
  expect(again).toMatchObject({ kind: 'amount-differs', seenCount: 1 });
  expect(again!.breakId).not.toBe(second!.breakId);
  const states = async () =>
    (await t.box.events.all())
      .filter(({ payload }) => payload['breakKey'] === again!.breakKey)
      .map(({ payload }) => payload['state']);
  await expect.poll(states).toEqual(['open', 'written-off', 'closed', 'open']);
});

test('two entries of one transaction that say the same need two lines that do', async () => {
  await rules('twins', ['c']);
  const reference = await book('c', 'USD', '5', '5');
  await record('twins', line('c', 'USD', '5', { reference }));
  await run('twins');
  expect(await live('twins')).toMatchObject([{ kind: 'missing-theirs', transactionId: reference }]);
  await record('twins', line('c', 'USD', '5', { reference }));
  expect(await run('twins')).toMatchObject({ matched: 2, differences: 0 });
  expect(await live('twins')).toEqual([]);
});

test('without a reference lines are matched by amount and time, and one to many', async () => {
  await rules('paper', ['d']);
  await book('d', 'ETH', '1');
  await book('d', 'ETH', '2.5');
  await book('d', 'ETH', '-3');
  await record('paper', line('d', 'ETH', '3.5'), line('d', 'ETH', '-1.5'), line('d', 'ETH', '-1.5'));
  expect(await run('paper')).toMatchObject({ lines: 3, entries: 3, matched: 0, grouped: 2, differences: 0 });
  expect(await run('paper')).toMatchObject({ lines: 0, entries: 0, grouped: 0, differences: 0 });
});

test('balances are held against what we had at their moment', async () => {
  const { reconciliations } = t.custodian;
  await rules('venue', ['e']);
  await book('e', 'BTC', '2');
  await book('e', 'USD', '10');
  await book('e', 'ETH', '1');
  const day = t.box.clock.now();
  const balance = (externalId: string, asset: string, amount: string) => ({
    externalId,
    accountId: 'e',
    asset,
    balance: amount,
    asOf: day,
  });
  const balances = [
    balance('1', 'BTC', '2.0'),
    balance('2', 'USD', '12'),
    balance('3', 'SOL', '1'),
    balance('4', 'XRP', '0'),
  ];
  expect(await reconciliations.recordBalances({ source: 'venue', balances })).toEqual({ recorded: 4, known: 0 });
  // What moves later is no difference of then.
  await t.box.clock.advance('PT1H');
  await book('e', 'BTC', '5');
  const now = t.box.clock.now();
  const done = await reconciliations.run({ runId: 'holdings', kind: 'holdings', source: 'venue', cutoff: now });
  expect(done).toMatchObject({ kind: 'holdings', lines: 4, entries: 3, matched: 2, differences: 3 });
  expect(
    (await live('venue')).map(({ kind, asset, ours, theirs, difference }) => [kind, asset, ours, theirs, difference]),
  ).toEqual([
    ['asset-missing', 'ETH', '1', undefined, '-1'],
    ['asset-missing', 'SOL', undefined, '1', '1'],
    ['holding-differs', 'USD', '10', '12', '2'],
  ]);
  const later = [{ externalId: '5', accountId: 'e', asset: 'USD', balance: '10', asOf: now }];
  await reconciliations.recordBalances({ source: 'venue', balances: later });
  await reconciliations.run({ runId: 'holdings-2', kind: 'holdings', source: 'venue', cutoff: now });
  expect((await live('venue')).map(({ kind, asset }) => [kind, asset])).toEqual([
    ['asset-missing', 'ETH'],
    ['asset-missing', 'SOL'],
  ]);
});

test('what is not known, not over or other content is refused and changes nothing', async () => {
  const { reconciliations } = t.custodian;
  const cutoff = t.box.clock.now();
  const known = line('a', 'USD', '1', { externalId: 'known' });
  await record('strict', known);
  await rules('strict', ['a']);
  await run('strict', { dryRun: true });
  const [some] = await live('venue');
  const before = await t.everything();
  const errors = await errorsOf([
    run('nobody'),
    run('strict', { cutoff: '2027-01-01T00:00:00Z' }),
    reconciliations.run({ runId: 'run-1', source: 'strict', cutoff }),
    record('strict', { ...known, amount: '2' }),
    record('strict', line('a', 'USD', '1'), line('nobody', 'USD', '1')),
    rules('strict', ['b']),
    rules('other', ['nobody']),
    reconciliations.changeBreak({ breakId: 'none', note: 'n' }),
    reconciliations.changeBreak({ breakId: some!.breakId, note: 'n', version: 9 }),
    reconciliations.dissolveMatch('none'),
    reconciliations.recordBalances({
      source: 'venue',
      balances: [{ externalId: '1', accountId: 'e', asset: 'BTC', balance: '3', asOf: cutoff }],
    }),
  ]);
  expect(errors).toMatchObject([
    { kind: 'not-found', code: 'unknown-rules' },
    { kind: 'invalid-input', code: 'cutoff-ahead', issues: [{ path: 'cutoff' }] },
    { kind: 'conflict', code: 'id-conflict' },
    { kind: 'conflict', code: 'id-conflict', details: { externalId: 'known' } },
    { kind: 'not-found', code: 'unknown-account' },
    { kind: 'conflict', code: 'id-conflict' },
    { kind: 'not-found', code: 'unknown-account' },
    { kind: 'not-found', code: 'unknown-break' },
    { kind: 'conflict', code: 'stale-version' },
    { kind: 'not-found', code: 'unknown-match' },
    { kind: 'conflict', code: 'id-conflict' },
  ]);
  expect(await t.everything()).toBe(before);
  // A dry run has counted and left no break.
  expect(await live('strict')).toEqual([]);
  expect((await reconciliations.listRuns({ source: 'strict' })).items).toMatchObject([
    { dryRun: true, differences: 7 },
  ]);
});

test('a run that is cut off at any of its statements goes on, and comes to the same', async () => {
  const { reconciliations } = t.custodian;
  const count = 1200;
  await t.client('big');
  for (let i = 0; i < count; i += 400)
    await record(
      'cut',
      ...Array.from({ length: 400 }, (_, n) => line('big', 'USD', '1', { reference: `adjustment:no-${i + n}` })),
    );
  await rules('cut', ['big']);
  const input = { runId: 'cut', source: 'cut', cutoff: t.box.clock.now() };
  const statements = [/begin_reconciliation/, /record_differences/, /close_breaks/, /complete_reconciliation/];
  for (const match of statements) {
    for (const cut of ['cutBeforeCommit', 'cutAfterCommit'] as const) {
      const strike = t.box.postgres[cut]({ match });
      await expect(reconciliations.run(input), `${cut} ${match}`).rejects.toMatchObject({ kind: 'outcome-unknown' });
      expect(await strike.struck).toBeDefined();
      if (match === statements.at(-1) && cut === 'cutBeforeCommit')
        expect(await reconciliations.findRun('cut')).toMatchObject({ status: 'running' });
    }
  }
  const done = await reconciliations.run(input);
  expect(done).toMatchObject({ status: 'completed', lines: count, differences: count });
  const found = await Array.fromAsync(reconciliations.listBreaks({ source: 'cut', limit: 1000 }));
  expect(found).toHaveLength(count);
  expect(new Set(found.map(({ breakKey }) => breakKey)).size).toBe(count);
  for (const each of found) expect(each).toMatchObject({ seenCount: 1, state: 'open', version: 1 });
});

test('of two that run for one source at once, one goes on', async () => {
  const { reconciliations } = t.custodian;
  await rules('twice', ['a']);
  const cutoff = t.box.clock.now();
  const results = await Promise.allSettled([
    reconciliations.run({ runId: 'one', source: 'twice', cutoff }),
    reconciliations.run({ runId: 'two', source: 'twice', cutoff }),
    reconciliations.run({ runId: 'one', source: 'twice', cutoff }),
  ]);
  for (const result of results)
    if (result.status === 'rejected')
      expect(result.reason).toMatchObject({ kind: 'conflict', code: 'run-in-progress' });
  expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
  const seen = await live('twice');
  expect(new Set(seen.map(({ breakKey }) => breakKey)).size).toBe(seen.length);
  expect(seen.length).toBeGreaterThan(0);
});

import { withContext } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestExchange, errorsOf, testExchange } from '../test-exchange.ts';

let t: TestExchange;
beforeAll(async () => {
  t = await testExchange();
});
afterAll(() => t[Symbol.asyncDispose]());

const poor = { kind: 'conflict', code: 'insufficient-funds' };
const start = '2026-01-01T00:00:00.000000Z';

test('a deposit is double entry, exact, and read back as it was', async () => {
  const { ledger } = t.exchange;
  await t.customer('in');
  const booked = await ledger.deposit({
    reference: 'wire-1',
    accountId: 'in',
    asset: 'ETH',
    amount: '1.000000000000000001',
  });
  expect(booked).toEqual({
    transactionId: 'deposit:wire-1',
    kind: 'deposit',
    reference: 'wire-1',
    effectiveAt: start,
    recordedAt: expect.any(String),
    entries: [
      { accountId: 'external', asset: 'ETH', amount: '-1.000000000000000001' },
      { accountId: 'in', asset: 'ETH', amount: '1.000000000000000001', balanceAfter: '1.000000000000000001' },
    ],
  });
  expect(await ledger.get('deposit:wire-1')).toEqual(booked);
  expect(await t.balances('in')).toEqual({ ETH: ['1.000000000000000001', '0', '1.000000000000000001'] });
  expect(await t.balances('external')).toMatchObject({ ETH: ['-1.000000000000000001', '0', '-1.000000000000000001'] });
});

test('a withdrawal and a transfer move what is there, and nothing that is not', async () => {
  const { ledger } = t.exchange;
  await t.customer('from', { USD: '10' });
  await t.customer('to');
  const transfer = { from: { accountId: 'from' }, to: { accountId: 'to' }, asset: 'USD' };
  expect(await ledger.transfer({ ...transfer, reference: 'w', amount: '3.0000000001' })).toMatchObject({
    kind: 'transfer',
    entries: [
      { accountId: 'from', amount: '-3.0000000001', balanceAfter: '6.9999999999' },
      { accountId: 'to', amount: '3.0000000001', balanceAfter: '3.0000000001' },
    ],
  });
  await ledger.withdraw({ reference: 'w', accountId: 'to', asset: 'USD', amount: '3' });
  const before = await t.everything();
  const refused = [
    ledger.withdraw({ reference: 'x', accountId: 'to', asset: 'USD', amount: '0.0000000002' }),
    ledger.transfer({ ...transfer, reference: 'x', amount: '7' }),
    ledger.transfer({ ...transfer, reference: 'x', amount: '1', asset: 'BTC' }),
  ];
  expect(await errorsOf(refused)).toMatchObject([poor, poor, poor]);
  expect(await t.everything()).toBe(before);
  expect(await t.balances('from')).toEqual({ USD: ['6.9999999999', '0', '6.9999999999'] });
  // A refusal takes no reference: the same one may be tried again.
  await ledger.withdraw({ reference: 'x', accountId: 'from', asset: 'USD', amount: '6.9999999999' });
});

test('each booking repeated answers the first and moves nothing, with other content it is a conflict', async () => {
  const { ledger, holds } = t.exchange;
  await t.customer('rep', { USD: '100' });
  await t.customer('eat');
  await holds.place({ kind: 'in-withdrawal', reference: 'rep', accountId: 'rep', asset: 'USD', amount: '10' });
  const account = { accountId: 'rep', asset: 'USD' };
  const lines = [
    { accountId: 'rep', asset: 'USD', amount: '-1' },
    { accountId: 'eat', asset: 'USD', amount: '1' },
  ];
  type Booking = (amount: string) => Promise<unknown>;
  const bookings: Record<string, Booking> = {
    deposit: (amount) => ledger.deposit({ ...account, reference: 'r', amount }),
    withdrawal: (amount) => ledger.withdraw({ ...account, reference: 'r', amount }),
    'withdrawal of a hold': (amount) =>
      ledger.withdraw({ ...account, reference: 'r2', amount, holdId: 'in-withdrawal:rep' }),
    transfer: (amount) =>
      ledger.transfer({ reference: 'r', from: { accountId: 'rep' }, to: { accountId: 'eat' }, asset: 'USD', amount }),
    adjustment: (amount) => ledger.adjust({ reference: 'r', reason: amount, entries: lines }),
    reversal: (amount) => ledger.revert({ reference: 'r', transactionId: 'deposit:r', reason: amount }),
  };
  for (const [name, book] of Object.entries(bookings)) {
    const first = await book('5');
    const before = await t.everything();
    expect(await Promise.all([book('5'), book('5')]), name).toEqual([first, first]);
    await expect(book('6'), name).rejects.toMatchObject({ kind: 'conflict', code: 'id-conflict' });
    expect(await t.everything(), name).toBe(before);
  }
  expect(await t.balances('rep')).toEqual({ USD: ['84', '0', '84'] });
});

test('twelve callers with one reference book once', async () => {
  const { ledger } = t.exchange;
  await t.customer('once');
  const calls = Array.from({ length: 12 }, () =>
    ledger.deposit({ reference: 'once', accountId: 'once', asset: 'USD', amount: '1' }),
  );
  const answers = await Promise.all(calls);
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(await t.balances('once')).toEqual({ USD: ['1', '0', '1'] });
});

test('an adjustment balances for each asset or is refused, by the name of its lines', async () => {
  const { ledger } = t.exchange;
  await t.customer('adj', { USD: '10', BTC: '1' });
  const line = (accountId: string, asset: string, amount: string) => ({ accountId, asset, amount });
  const adjust = (...entries: ReturnType<typeof line>[]) =>
    ledger.adjust({ reference: 'a', reason: 'correction', entries });
  const both = [
    line('adj', 'USD', '-4'),
    line('fees', 'USD', '4'),
    line('adj', 'BTC', '0.5'),
    line('external', 'BTC', '-0.5'),
  ];
  const before = await t.everything();
  const invalid = (path: string, code = 'invalid-input') => ({ kind: 'invalid-input', code, issues: [{ path }] });
  const cases: [call: Promise<unknown>, error: object][] = [
    [adjust(line('adj', 'USD', '-4'), line('fees', 'USD', '3')), invalid('entries', 'unbalanced')],
    [adjust(line('adj', 'USD', '-4'), line('fees', 'BTC', '4')), invalid('entries', 'unbalanced')],
    [adjust(line('adj', 'USD', '0'), line('fees', 'USD', '0')), invalid('entries.0.amount')],
    [
      adjust(line('adj', 'USD', '0.00000000001'), line('fees', 'USD', '-0.00000000001')),
      invalid('entries', 'too-many-digits'),
    ],
    [adjust(line('adj', 'USD', '-11'), line('fees', 'USD', '11')), poor],
    [adjust(line('adj', 'DOGE', '-1'), line('fees', 'DOGE', '1')), { kind: 'not-found', code: 'unknown-asset' }],
    [adjust(line('adj', 'USD', '-1')), invalid('entries')],
  ];
  const errors = await errorsOf(cases.map(([call]) => call));
  expect(errors.slice(0, 2).concat(errors.slice(3, 6))).toMatchObject(
    cases
      .slice(0, 2)
      .concat(cases.slice(3, 6))
      .map(([, error]) => error),
  );
  expect(errors[2]).toMatchObject({
    kind: 'invalid-input',
    issues: [{ path: 'entries.0.amount' }, { path: 'entries.1.amount' }],
  });
  expect(errors[6]).toMatchObject(invalid('entries'));
  expect(await t.everything()).toBe(before);
  expect(await adjust(...both)).toMatchObject({ kind: 'adjustment', reason: 'correction', entries: both });
  expect(await t.balances('adj')).toEqual({ BTC: ['1.5', '0', '1.5'], USD: ['6', '0', '6'] });
});

test('several lines of one account in one transaction run one balance', async () => {
  const { ledger } = t.exchange;
  await t.customer('many', { USD: '10' });
  const lines = ['-3', '5', '-1'].map((amount) => ({ accountId: 'many', asset: 'USD', amount }));
  const booked = await ledger.adjust({
    reference: 'm',
    reason: 'r',
    entries: [...lines, { accountId: 'fees', asset: 'USD', amount: '-1' }],
  });
  expect(booked.entries.map(({ balanceAfter }) => balanceAfter)).toEqual(['7', '12', '11', undefined]);
  expect(await ledger.get(booked.transactionId)).toEqual(booked);
});

test('a booking is reverted once, by its opposite, and neither a reversal nor a trade is', async () => {
  const { ledger, matches } = t.exchange;
  await t.customer('err', { USD: '300', BTC: '2' });
  await t.customer('ger', { USD: '300' });
  const deposit = await ledger.deposit({ reference: 'wrong', accountId: 'err', asset: 'USD', amount: '7' });
  const revert = (reference: string, transactionId = deposit.transactionId) =>
    ledger.revert({ reference, transactionId, reason: 'mistyped' });
  const racing = await Promise.allSettled(['v1', 'v2', 'v3', 'v4'].map((reference) => revert(reference)));
  expect(racing.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const result of racing)
    if (result.status === 'rejected')
      expect(result.reason).toMatchObject({ kind: 'conflict', code: 'already-reversed' });
  expect(await t.balances('err')).toMatchObject({ USD: ['300', '0', '300'] });

  const won = racing.findIndex(({ status }) => status === 'fulfilled') + 1;
  const reversal = await ledger.get(`reversal:v${won}`);
  expect(reversal).toMatchObject({
    kind: 'reversal',
    reverts: 'deposit:wrong',
    reason: 'mistyped',
    entries: [{ amount: '7' }, { amount: '-7' }],
  });
  const [sell, buy] = [
    await t.place({ accountId: 'err', side: 'sell' }),
    await t.place({ accountId: 'ger', side: 'buy' }),
  ];
  const [trade] = await matches.settle([t.match(sell, buy)]);
  const tradeId = trade!.ok ? trade!.value.id : '';
  expect(
    await errorsOf([
      revert('v5', reversal.transactionId),
      revert('v6', `trade:${tradeId}`),
      revert('v7', 'deposit:never'),
    ]),
  ).toMatchObject([
    { kind: 'conflict', code: 'not-reversible' },
    { kind: 'conflict', code: 'not-reversible' },
    { kind: 'not-found', code: 'unknown-transaction' },
  ]);
  // What was spent meanwhile cannot be taken back.
  await t.customer('spent', { USD: '5' });
  await ledger.withdraw({ reference: 'spent', accountId: 'spent', asset: 'USD', amount: '5' });
  await expect(revert('v8', 'deposit:spent/USD')).rejects.toMatchObject(poor);
});

test('deposits come from outside and withdrawals go there: no other account stands in for it', async () => {
  const { ledger, accounts } = t.exchange;
  await t.customer('mark', { USD: '100' });
  await t.customer('thief', { USD: '100' });
  const booking = { reference: 'theft', accountId: 'thief', asset: 'USD', amount: '1', externalAccountId: 'mark' };
  expect(await errorsOf([ledger.deposit(booking), ledger.withdraw(booking)])).toMatchObject([
    { kind: 'conflict', code: 'not-external' },
    { kind: 'conflict', code: 'not-external' },
  ]);
  await accounts.open({ accountId: 'bank', ownerId: 'bank', kind: 'external' });
  await ledger.deposit({ ...booking, externalAccountId: 'bank' });
  expect(await t.balances('bank')).toEqual({ USD: ['-1', '0', '-1'] });
});

test('a suspended account receives and does not pay', async () => {
  const { ledger, accounts } = t.exchange;
  await t.customer('frozen', { USD: '10' });
  await accounts.changeStatus({ accountId: 'frozen', status: 'suspended' });
  const booking = { reference: 'f', accountId: 'frozen', asset: 'USD', amount: '1' };
  await ledger.deposit(booking);
  const pay = ledger.transfer({
    reference: 'f',
    from: { accountId: 'frozen' },
    to: { accountId: 'mark' },
    asset: 'USD',
    amount: '1',
  });
  expect(await errorsOf([ledger.withdraw(booking), pay])).toMatchObject([
    { code: 'account-suspended' },
    { code: 'account-suspended' },
  ]);
});

test('amounts out of range, too fine, or to oneself are refused by their names', async () => {
  const { ledger } = t.exchange;
  await t.customer('big', { USD: '99999999999999999999' });
  const deposit = (amount: string, asset = 'USD') =>
    ledger.deposit({ reference: 'big', accountId: 'big', asset, amount });
  const self = { accountId: 'big' };
  expect(
    await errorsOf([
      deposit('1'),
      deposit('0.00000000001'),
      deposit('1', 'DOGE'),
      ledger.transfer({ reference: 'self', from: self, to: self, asset: 'USD', amount: '1' }),
    ]),
  ).toMatchObject([
    { kind: 'invalid-input', code: 'out-of-range', issues: [{ path: 'amount' }] },
    { kind: 'invalid-input', code: 'too-many-digits', issues: [{ path: 'amount' }] },
    { kind: 'not-found', code: 'unknown-asset' },
    { kind: 'invalid-input', issues: [{ path: 'to.accountId' }] },
  ]);
  expect((await t.balances('big'))['USD']).toEqual(['99999999999999999999', '0', '99999999999999999999']);
});

test('the statement of an account runs from line to line, page by page, through a batch of trades too', async () => {
  const { ledger, matches } = t.exchange;
  await t.customer('buyer', { USD: '1000' });
  await t.customer('seller', { BTC: '5' });
  const buy = await t.place({ accountId: 'buyer', side: 'buy', quantity: '3' });
  const found = [];
  // The ids are not in the order of settling.
  for (const tradeId of ['stmt-c', 'stmt-a', 'stmt-b'])
    found.push(t.match(await t.place({ accountId: 'seller', side: 'sell' }), buy, { tradeId, quantity: '1' }));
  await matches.settle(found);
  await ledger.withdraw({ reference: 'stmt', accountId: 'buyer', asset: 'USD', amount: '1' });

  const lines = await Array.fromAsync(ledger.listEntries({ accountId: 'buyer', asset: 'USD', limit: 2 }));
  expect(lines.map(({ transactionId, amount, balanceAfter }) => [transactionId, amount, balanceAfter])).toEqual([
    ['deposit:buyer/USD', '1000', '1000'],
    ['trade:stmt-c', '-100.2', '899.8'],
    ['trade:stmt-a', '-100.2', '799.6'],
    ['trade:stmt-b', '-100.2', '699.4'],
    ['withdrawal:stmt', '-1', '698.4'],
  ]);
  const after = lines[0]!.recordedAt;
  const rest = await ledger.listEntries({ accountId: 'buyer', asset: 'USD', from: lines[1]!.recordedAt });
  expect(rest.items).toEqual(lines.slice(1));
  expect((await ledger.listEntries({ accountId: 'buyer', asset: 'USD', to: lines[1]!.recordedAt })).items).toEqual([
    lines[0],
  ]);
  expect(after < lines[1]!.recordedAt).toBe(true);
  const fees = await Array.fromAsync(ledger.listEntries({ accountId: 'fees', asset: 'USD', limit: 1 }));
  expect(fees.filter(({ transactionId }) => transactionId.startsWith('trade:stmt'))).toHaveLength(3);
});

test('customers are told of their funds, with who moved them and why', async () => {
  const { ledger } = t.exchange;
  await t.customer('told');
  await withContext({ correlationId: 'flow-1', actor: 'teller', run: 'run-7' }, () =>
    ledger.deposit({ reference: 'told', accountId: 'told', asset: 'USD', amount: '5', at: '2019-10-11T00:00:00Z' }),
  );
  const told = async () =>
    (await t.box.events.all('funds.moved')).filter(({ payload }) => payload['accountId'] === 'told');
  await expect.poll(told).toMatchObject([
    {
      occurredAt: '2019-10-11T00:00:00.000000Z',
      correlationId: 'flow-1',
      actor: 'teller',
      payload: {
        transactionId: 'deposit:told',
        kind: 'deposit',
        reference: 'told',
        asset: 'USD',
        amount: '5',
        balanceAfter: '5',
      },
    },
  ]);
  expect((await t.box.events.all('funds.moved')).filter(({ payload }) => payload['accountId'] === 'external')).toEqual(
    [],
  );
});

test('transactions of nobody are not found', async () => {
  const { ledger } = t.exchange;
  expect(await ledger.find('deposit:nothing')).toBeUndefined();
  await expect(ledger.get('deposit:nothing')).rejects.toMatchObject({ kind: 'not-found', code: 'unknown-transaction' });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestCustodian, errorsOf, testCustodian } from '../test-custodian.ts';
import type { ProcessSettlement } from './settlements.ts';

// Business time stands where the sandbox's clock begins until a test moves it; no worker carries anything on meanwhile.
let t: TestCustodian;
beforeAll(async () => {
  t = await testCustodian({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

let made = 0;
/** Who sells one bitcoin to whom for a hundred dollars, and what both pay for it. */
async function trade(over: Partial<ProcessSettlement> = {}, funds: { seller?: string; buyer?: string } = {}) {
  made += 1;
  const [seller, buyer] = [`seller-${made}`, `buyer-${made}`];
  await t.client(seller, { BTC: funds.seller ?? '1' });
  await t.client(buyer, { USD: funds.buyer ?? '100.2' });
  const settlement: ProcessSettlement = {
    source: 'exchange',
    reference: `trade-${made}`,
    cycle: 0,
    legs: [
      { kind: 'delivery', from: seller, to: buyer, asset: 'BTC', quantity: '1' },
      { kind: 'payment', from: buyer, to: seller, asset: 'USD', quantity: '100' },
      { kind: 'fee', from: seller, to: 'house/fees', asset: 'USD', quantity: '0.1' },
      { kind: 'fee', from: buyer, to: 'house/fees', asset: 'USD', quantity: '0.2' },
    ],
    ...over,
  };
  return { seller, buyer, settlement };
}

test('a trade settles in one step with its fees: delivered against payment, in one transaction', async () => {
  const { seller, buyer, settlement } = await trade();
  const fees = (await t.holdings('house/fees'))['USD']?.[0] ?? '0';
  const result = await t.custodian.processSettlement(settlement);
  expect(result).toMatchObject({
    source: 'exchange',
    reference: settlement.reference,
    status: 'settled',
    settledLots: 1,
    version: 2,
    legs: [
      { leg: 1, kind: 'delivery', quantity: '1', settled: '1' },
      { leg: 2, settled: '100' },
      { leg: 3, settled: '0.1' },
      { leg: 4, settled: '0.2' },
    ],
  });
  expect(result).not.toHaveProperty('reason');
  expect(await t.holdings(seller)).toEqual({ BTC: ['0', '0'], USD: ['99.9', '0'] });
  expect(await t.holdings(buyer)).toEqual({ BTC: ['1', '0'], USD: ['0', '0'] });
  expect(Number((await t.holdings('house/fees'))['USD']![0]) - Number(fees)).toBeCloseTo(0.3);
  const transaction = await t.custodian.holdings.findTransaction(`settlement:${result.settlementId}`);
  expect(transaction!.movements).toHaveLength(5);
  const { settlements } = t.custodian;
  expect(await settlements.get(result.settlementId)).toEqual(result);
  expect(await settlements.findByReference({ source: 'exchange', reference: settlement.reference })).toEqual(result);
  expect((await settlements.listEvents(result.settlementId)).map(({ type, status }) => [type, status])).toEqual([
    ['registered', 'pending'],
    ['settled', 'settled'],
  ]);
});

test('the same settlement again, alone or many at once, is settled once; with other content it is a conflict', async () => {
  const { seller, buyer, settlement } = await trade();
  const results = await Promise.all(Array.from({ length: 12 }, () => t.custodian.processSettlement(settlement)));
  expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
  expect(await t.custodian.settlements.process([settlement, settlement])).toEqual([
    { ok: true, value: results[0] },
    { ok: true, value: results[0] },
  ]);
  expect(await t.holdings(buyer)).toMatchObject({ BTC: ['1', '0'] });
  expect(
    await errorsOf([
      t.custodian.processSettlement({ ...settlement, priority: 1 }),
      t.custodian.processSettlement({ ...settlement, reference: 'other', settlementId: results[0]!.settlementId }),
    ]),
  ).toMatchObject([{ code: 'id-conflict' }, { code: 'id-conflict' }]);
  expect(await t.holdings(seller)).toMatchObject({ BTC: ['0', '0'] });
});

test('a leg that fails after the others were covered leaves all of it where it was, and the next has the funds', async () => {
  // The seller has the bitcoin and the buyer the price, but not the fee.
  const { seller, buyer, settlement } = await trade({}, { buyer: '100.199999999999999999' });
  const next = {
    ...settlement,
    reference: `${settlement.reference}/next`,
    legs: settlement.legs.map((leg) => ({
      ...leg,
      quantity: { '1': '1', '100': '100', '0.1': '0.1', '0.2': '0.1' }[leg.quantity]!,
    })),
  };
  const [short, settled] = await t.custodian.settlements.process([settlement, next]);
  expect(short).toMatchObject({
    ok: true,
    value: { status: 'pending', reason: 'insufficient-holdings', settledLots: 0 },
  });
  expect(settled).toMatchObject({ ok: true, value: { status: 'settled' } });
  expect(await t.holdings(seller)).toEqual({ BTC: ['0', '0'], USD: ['99.9', '0'] });
  expect(await t.holdings(buyer)).toEqual({ BTC: ['1', '0'], USD: ['0.099999999999999999', '0'] });
  expect((await t.custodian.holdings.listReservations({ accountId: buyer })).items).toEqual([]);
});

test('what one member of a batch brings in, a later one may take; in the order given', async () => {
  await t.client('chain-a', { USD: '10' });
  await t.client('chain-b');
  await t.client('chain-c');
  const pay = (reference: string, from: string, to: string): ProcessSettlement => ({
    source: 'exchange',
    reference,
    cycle: 0,
    legs: [{ kind: 'payment', from, to, asset: 'USD', quantity: '10' }],
  });
  const outcomes = await t.custodian.settlements.process([
    pay('chain-0', 'chain-b', 'chain-c'),
    pay('chain-1', 'chain-a', 'chain-b'),
    pay('chain-2', 'chain-b', 'chain-c'),
  ]);
  expect(outcomes.map((outcome) => outcome.ok && outcome.value.status)).toEqual(['pending', 'settled', 'settled']);
  expect(await t.holdings('chain-c')).toEqual({ USD: ['10', '0'] });
});

test('reserved holdings settle nothing, and a suspended account delivers nothing but receives', async () => {
  const reserved = await trade();
  await t.custodian.holdings.reserve({ reference: 'x', accountId: reserved.seller, asset: 'BTC', amount: '0.5' });
  expect(await t.custodian.processSettlement(reserved.settlement)).toMatchObject({ reason: 'insufficient-holdings' });
  await t.custodian.holdings.release({ reservationId: 'manual:x' });
  expect(await t.custodian.processSettlement(reserved.settlement)).toMatchObject({ status: 'settled', version: 2 });

  const suspended = await trade();
  await t.custodian.accounts.changeStatus({ accountId: suspended.buyer, status: 'suspended' });
  expect(await t.custodian.processSettlement(suspended.settlement)).toMatchObject({ reason: 'account-suspended' });
  await t.client('giver', { USD: '5' });
  const gift: ProcessSettlement = {
    source: 'exchange',
    reference: 'gift',
    cycle: 0,
    legs: [{ kind: 'payment', from: 'giver', to: suspended.buyer, asset: 'USD', quantity: '5' }],
  };
  expect(await t.custodian.processSettlement(gift)).toMatchObject({ status: 'settled' });
});

test('it settles in lots as far as holdings go, each leg by the same part, not below its minimum but for the last', async () => {
  const { seller, buyer, settlement } = await trade({ lots: 10, minimumLots: 3 }, { seller: '0.25' });
  const { processSettlement, holdings } = t.custodian;
  expect(await processSettlement(settlement)).toMatchObject({ status: 'pending', reason: 'insufficient-holdings' });
  const give = (reference: string, amount: string) =>
    holdings.adjust({
      reference,
      reason: 'test',
      movements: [
        { accountId: 'external', asset: 'BTC', amount: `-${amount}` },
        { accountId: seller, asset: 'BTC', amount },
      ],
    });
  await give(`${seller}/1`, '0.65');
  const partial = await processSettlement(settlement);
  expect(partial).toMatchObject({
    status: 'partially-settled',
    reason: 'insufficient-holdings',
    settledLots: 9,
    legs: [{ settled: '0.9' }, { settled: '90' }, { settled: '0.09' }, { settled: '0.18' }],
  });
  expect(await t.holdings(buyer)).toEqual({ BTC: ['0.9', '0'], USD: ['10.02', '0'] });
  expect(await processSettlement(settlement)).toEqual(partial);
  await give(`${seller}/2`, '0.1');
  expect(await processSettlement(settlement)).toMatchObject({ status: 'settled', settledLots: 10, version: 3 });
  expect(await t.holdings(buyer)).toEqual({ BTC: ['1', '0'], USD: ['0', '0'] });
  expect(await holdings.findTransaction(`settlement:${partial.settlementId}/9`)).toBeDefined();
  expect(await holdings.findTransaction(`settlement:${partial.settlementId}/10`)).toBeDefined();
});

test('what is wrong is refused by its name and registers nothing', async () => {
  const { settlement } = await trade();
  const [delivery] = settlement.legs;
  const before = await t.everything();
  const processing = (over: Partial<ProcessSettlement>) => t.custodian.processSettlement({ ...settlement, ...over });
  expect(
    await errorsOf([
      processing({ legs: [{ ...delivery!, to: 'nobody' }] }),
      processing({ legs: [{ ...delivery!, to: 'omnibus' }] }),
      processing({ legs: [{ ...delivery!, to: delivery!.from }] }),
      processing({ legs: [] }),
      processing({ lots: 3 }),
      processing({ lots: 2, minimumLots: 3 }),
      processing({ tradedAt: '1989-12-31T00:00:00Z' }),
      processing({ cycle: 4 as 3 }),
      t.custodian.settlements.get('nobody'),
    ]),
  ).toMatchObject(
    [
      { kind: 'not-found', code: 'unknown-account' },
      { kind: 'conflict', code: 'not-a-holder' },
      { kind: 'invalid-input', issues: [{ path: 'legs.0.to' }] },
      { kind: 'invalid-input', issues: [{ path: 'legs' }] },
      { kind: 'invalid-input', issues: [{ path: expect.stringMatching(/^legs\.\d\.quantity$/) }] },
      { kind: 'invalid-input', issues: [{ path: 'minimumLots' }] },
      { kind: 'invalid-input', issues: [{ path: 'tradedAt' }] },
      { kind: 'invalid-input', issues: [{ path: 'cycle' }] },
      { kind: 'not-found', code: 'unknown-settlement' },
    ].map((expected) =>
      'issues' in expected
        ? {
            ...expected,
            issues: expect.arrayContaining(expected.issues.map((issue) => expect.objectContaining(issue))),
          }
        : expected,
    ),
  );
  expect(await t.everything()).toBe(before);
});

test('held it waits, released it goes on; changes are by version, and what is settled changes no more', async () => {
  const { settlement } = await trade({ onHold: true });
  const { settlements, processSettlement } = t.custodian;
  const held = await processSettlement(settlement);
  const { settlementId } = held;
  expect(held).toMatchObject({ onHold: true, reason: 'on-hold', version: 1 });
  expect(await settlements.hold({ settlementId })).toMatchObject({ version: 1 });
  await expect(settlements.release({ settlementId, version: 7 })).rejects.toMatchObject({ code: 'stale-version' });
  expect(await settlements.prioritize({ settlementId, priority: 1 })).toMatchObject({ priority: 1, version: 2 });
  expect(await settlements.release({ settlementId, version: 2, reason: 'papers came' })).toMatchObject({
    onHold: false,
  });
  expect(await processSettlement(settlement)).toMatchObject({ status: 'settled' });
  expect(
    await errorsOf([
      settlements.hold({ settlementId }),
      settlements.cancel({ settlementId }),
      settlements.hold({ settlementId: 'nobody' }),
    ]),
  ).toMatchObject([{ code: 'settlement-closed' }, { code: 'settlement-closed' }, { code: 'unknown-settlement' }]);
});

test('cancelled it never settles, and what had settled stays', async () => {
  const { buyer, settlement } = await trade({ lots: 2 }, { seller: '0.5' });
  const { settlementId } = await t.custodian.processSettlement(settlement);
  const cancelled = await t.custodian.settlements.cancel({ settlementId, reason: 'agreed' });
  expect(cancelled).toMatchObject({ status: 'cancelled', settledLots: 1 });
  expect(await t.custodian.settlements.cancel({ settlementId })).toEqual(cancelled);
  expect(await t.custodian.processSettlement(settlement)).toMatchObject({ reason: 'cancelled' });
  expect(await t.holdings(buyer)).toMatchObject({ BTC: ['0.5', '0'] });
});

test('a leg delayed for a run keeps all legs from settling; a lower fence is refused', async () => {
  const { settlement } = await trade({ onHold: true });
  const { settlements, processSettlement } = t.custodian;
  const { settlementId } = await processSettlement(settlement);
  await settlements.release({ settlementId });
  const until = '2999-01-01T00:00:00Z';
  const delay = { settlementId, leg: 2, until, run: 'run-1', fence: 5 };
  expect(await settlements.delayLeg(delay)).toMatchObject({ delayedUntil: '2999-01-01T00:00:00.000000Z' });
  expect(await processSettlement(settlement)).toMatchObject({ reason: 'delayed' });
  expect(
    await errorsOf([
      settlements.delayLeg({ ...delay, fence: 4 }),
      settlements.delayLeg({ ...delay, leg: 5 }),
      settlements.delayLeg({ ...delay, settlementId: 'nobody' }),
    ]),
  ).toMatchObject([{ code: 'stale-fence' }, { code: 'unknown-leg' }, { code: 'unknown-settlement' }]);
  expect(await settlements.delayLeg({ ...delay, until: undefined, fence: 6 })).not.toHaveProperty('delayedUntil');
  expect(await processSettlement(settlement)).toMatchObject({ status: 'settled' });
});

test('lists are by account, source, status and date, page by page', async () => {
  const { seller, settlement } = await trade({ source: 'listed' });
  const [other, third] = [
    await trade({ source: 'listed', priority: 1 }),
    await trade({ source: 'listed', onHold: true }),
  ];
  for (const each of [settlement, other.settlement, third.settlement]) await t.custodian.processSettlement(each);
  const references = async (input: Parameters<typeof t.custodian.settlements.list>[0]) =>
    (await Array.fromAsync(t.custodian.settlements.list(input))).map(({ reference }) => reference);
  expect(await references({ source: 'listed', limit: 1 })).toEqual(
    [other, { settlement }, third].map((one) => one.settlement.reference),
  );
  expect(await references({ accountId: seller })).toEqual([settlement.reference]);
  expect(await references({ source: 'listed', status: ['pending'] })).toEqual([third.settlement.reference]);
  expect(await references({ source: 'listed', from: '2999-01-01' })).toEqual([]);
});

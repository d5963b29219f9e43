import { expect, test } from 'vitest';
import { type TestCustodian, testCustodian } from '../test-custodian.ts';
import type { ProcessSettlement } from './settlements.ts';

const payment = (reference: string, over: Partial<ProcessSettlement> = {}): ProcessSettlement => ({
  source: 'exchange',
  reference,
  cycle: 1,
  legs: [{ kind: 'payment', from: 'payer', to: 'payee', asset: 'USD', quantity: '10' }],
  ...over,
});

const statusOf = async (t: TestCustodian, reference: string) =>
  (await t.custodian.settlements.findByReference({ source: 'exchange', reference }, { fresh: true }))!.status;

/** Of dollars from Monday to Friday, until five in New York; the clock starts on Thursday 1 January 2026, a holiday. */
async function withDollarDays(t: TestCustodian): Promise<void> {
  await t.custodian.calendars.define({
    calendarId: 'usd',
    version: 1,
    timeZone: 'America/New_York',
    cutoff: '17:00',
    firstDay: '2025-01-01',
    lastDay: '2027-12-31',
    holidays: [{ day: '2026-01-01', name: 'New Year' }],
  });
  await t.custodian.calendars.assign({ asset: 'USD', calendarId: 'usd' });
}

test('what is due settles by itself when its day comes: pending, then settled, with its history', async () => {
  await using t = await testCustodian({ start: '2026-01-02T15:00:00Z' });
  await withDollarDays(t);
  await t.client('payer', { USD: '10' });
  await t.client('payee');
  // Friday: T+1 is Monday.
  const registered = await t.custodian.processSettlement(payment('due'));
  expect(registered).toMatchObject({
    status: 'pending',
    reason: 'not-due',
    intendedDate: '2026-01-05',
    dueAt: '2026-01-05T05:00:00.000000Z',
    cutsOffAt: '2026-01-05T22:00:00.000000Z',
  });
  await t.box.clock.advance('P2DT13H59M59S');
  expect(await statusOf(t, 'due')).toBe('pending');
  await t.box.clock.advance('PT2S');
  await expect.poll(() => statusOf(t, 'due')).toBe('settled');
  expect(await t.holdings('payee')).toEqual({ USD: ['10', '0'] });
  const settled = await t.box.events.next('settlement.settled');
  const announced = (await t.box.events.all()).find(({ type }) => type === 'settlement.registered')!;
  expect(settled).toMatchObject({ correlationId: announced.correlationId, causationId: announced.id });
});

test('what misses its cut-off fails, ages by business days, is tried again, and ends as a fail when it settles', async () => {
  await using t = await testCustodian({ start: '2026-01-02T15:00:00Z' });
  await withDollarDays(t);
  await t.client('payer');
  await t.client('payee');
  const { settlementId } = await t.custodian.processSettlement(payment('late'));
  await t.custodian.processSettlement(payment('held', { onHold: true }));
  await t.box.clock.advance('P3DT7H');
  await expect.poll(() => statusOf(t, 'late')).toBe('failing');
  await expect.poll(() => statusOf(t, 'held')).toBe('failing');
  const fails = (await t.custodian.settlements.listFails()).items;
  expect(fails.find((fail) => fail.settlementId === settlementId)).toMatchObject({
    intendedDate: '2026-01-05',
    reason: 'insufficient-holdings',
    ageInBusinessDays: 0,
  });
  expect(fails.map(({ reason }) => reason).toSorted()).toEqual(['insufficient-holdings', 'on-hold']);
  // Monday to the Monday after: five business days, and some tries.
  await t.box.clock.advance('P7D');
  await expect
    .poll(async () => (await t.custodian.settlements.listFails({ limit: 1 })).items[0]?.recycles)
    .toBeGreaterThan(0);
  const fail = (await t.custodian.settlements.listFails()).items.find((one) => one.settlementId === settlementId);
  expect(fail).toMatchObject({ ageInBusinessDays: 5 });
  await t.custodian.holdings.adjust({
    reference: 'late-funds',
    reason: 'test',
    movements: [
      { accountId: 'external', asset: 'USD', amount: '-10' },
      { accountId: 'payer', asset: 'USD', amount: '10' },
    ],
  });
  await t.box.clock.advance('PT2M');
  await expect.poll(() => statusOf(t, 'late')).toBe('settled');
  expect((await t.custodian.settlements.listFails()).items).toMatchObject([{ reason: 'on-hold' }]);
  expect((await t.custodian.settlements.listFails({ ended: true })).items).toHaveLength(2);
  expect(await t.box.events.next('settlement.failed')).toMatchObject({ payload: { reason: expect.any(String) } });
});

test('the queue goes by date, then priority: who is first takes what there is', async () => {
  await using t = await testCustodian({ options: { workers: false } });
  await t.client('payer', { USD: '10' });
  await t.client('payee');
  await t.custodian.settlements.process([
    payment('third'),
    payment('first', { priority: 1 }),
    payment('second', { priority: 2 }),
  ]);
  await t.box.clock.advance('P1D');
  await using worker = t.box.open('custodian', { workers: ['settle-due'] });
  await worker.ready();
  await expect.poll(() => statusOf(t, 'first')).toBe('settled');
  expect([await statusOf(t, 'second'), await statusOf(t, 'third')]).toEqual(['pending', 'pending']);
});

test('two workers on one queue settle each once, and all of it', async () => {
  await using t = await testCustodian({ options: { workers: false } });
  const count = 300;
  await t.client('payer', { USD: String(count * 10) });
  await t.client('payee');
  await t.custodian.settlements.process(Array.from({ length: count }, (_, i) => payment(`many-${i}`)));
  await t.box.clock.advance('P1D');
  await using one = t.box.open('custodian', { workers: ['settle-due'] });
  await using two = t.box.open('custodian', { workers: ['settle-due'] });
  await Promise.all([one.ready(), two.ready()]);
  await expect.poll(async () => (await t.holdings('payee'))['USD']).toEqual([String(count * 10), '0']);
  await using facts = await t.facts();
  expect(
    await facts.query(
      "select count(*) as n, count(distinct instruction_id) as of, min(version) as low, max(version) as high from facts_settlement_events where type = 'settled'",
    ),
  ).toEqual([{ n: count, of: count, low: 2, high: 2 }]);
});

test('without Redis, and with notes that are wrong or lost, what is due still settles', async () => {
  await using t = await testCustodian({ options: { workers: false } });
  await t.client('payer', { USD: '30' });
  await t.client('payee');
  for (const reference of ['lost', 'wrong', 'down']) await t.custodian.processSettlement(payment(reference));
  const key = `${t.custodian.identity.prefix}:settlement-due:{all}`;
  await expect.poll(() => t.stores.redis.read('test', (redis) => redis.zcard(key)).then(Number)).toBe(3);
  await t.stores.redis.write('test', (redis) => redis.del(key));
  await t.stores.redis.write('test', (redis) => redis.zadd(key, 1, 'nobody'));
  await t.box.clock.advance('P1D');
  {
    await using _ = t.box.redis.down();
    await using worker = t.box.open('custodian', { workers: ['settle-due'] });
    await expect.poll(() => statusOf(t, 'lost')).toBe('settled');
    expect(worker.identity.schema).toBe(t.custodian.identity.schema);
  }
  expect(await t.holdings('payee')).toEqual({ USD: ['30', '0'] });
  await t.custodian.processSettlement(payment('later', { cycle: 3 }));
  await expect.poll(() => t.stores.redis.read('test', (redis) => redis.zcard(key)).then(Number)).toBeGreaterThan(0);
  await t.stores.redis.write('test', (redis) => redis.del(key));
  {
    // A worker that starts notes what the tables say.
    await using starting = t.box.open('custodian', { workers: ['settle-due'] });
    await expect.poll(() => t.stores.redis.read('test', (redis) => redis.zcard(key)).then(Number)).toBe(1);
    const { settlementId } = (await starting.settlements.findByReference({ source: 'exchange', reference: 'later' }))!;
    await starting.settlements.cancel({ settlementId });
    await t.box.clock.advance('P5D');
  }
  await using worker = t.box.open('custodian', { workers: ['settle-due'] });
  await expect.poll(() => t.stores.redis.read('test', (redis) => redis.zcard(key)).then(Number)).toBe(0);
  expect(worker.identity.schema).toBe(t.custodian.identity.schema);
});

import type { z } from 'zod';
import { expect, test } from 'vitest';
import { custodianEvents } from './events.ts';
import { firstSettlement } from './example.ts';
import { testCustodian } from './test-custodian.ts';

const types = Object.keys(custodianEvents.types) as (keyof typeof custodianEvents.types)[];

test('what is published is what the catalog says, to the field, of every type', async () => {
  await using t = await testCustodian({ bare: true });
  const { custodian } = t;
  const { accounts, calendars, settlements, netting, transfers, approvals, policies, reconciliations } = custodian;
  await firstSettlement(custodian);
  await accounts.changeStatus({ accountId: 'client/alice', status: 'suspended', reason: 'why' });
  await accounts.changeStatus({ accountId: 'client/alice', status: 'active' });
  await calendars.define({
    calendarId: 'usd',
    version: 1,
    timeZone: 'America/New_York',
    firstDay: '2026-01-01',
    lastDay: '2026-12-31',
    holidays: [{ day: '2026-01-19', name: 'Birthday of Martin Luther King, Jr.' }],
  });
  await calendars.assign({ asset: 'EUR', calendarId: 'usd' });

  const pay = (reference: string, cycle: 0 | 1, amount: string) => ({
    source: 'exchange',
    reference,
    cycle,
    legs: [{ kind: 'payment' as const, from: 'client/alice', to: 'client/bob', asset: 'USD', quantity: amount }],
  });
  const { settlementId } = await custodian.processSettlement({ ...pay('held', 1, '1'), onHold: true });
  await settlements.prioritize({ settlementId, priority: 1 });
  await settlements.delayLeg({ settlementId, leg: 1, until: '2026-03-01T00:00:00Z', run: 'r', fence: 1 });
  await settlements.release({ settlementId, reason: 'papers came' });
  await settlements.hold({ settlementId });
  await settlements.cancel({ settlementId });
  await custodian.processSettlement({ ...pay('lots', 0, '10000000'), lots: 10_000_000 / 1000 });
  await custodian.processSettlement(pay('short', 1, '10000000'));
  await custodian.processSettlement(pay('netted', 1, '1'));
  const batch = { source: 'exchange', intendedDate: '2026-01-02', cutoffAt: '2026-01-01T12:00:00Z' };
  await netting
    .net({ nettingBatchId: 'n', ...batch })
    .then(({ nettingBatchId }) => netting.cancel({ nettingBatchId, reason: 'no' }));

  const requested = {
    requesterId: 'bob',
    kind: 'withdrawal',
    fromAccountId: 'client/bob',
    toAccountId: 'external',
    asset: 'BTC',
    amount: '0.1',
  } as const;
  const refused = await transfers.request({ ...requested, idempotencyKey: 'refused', address: 'bc1q' });
  await approvals.vote({
    requestId: refused.approvalRequestId!,
    approverId: 'omar',
    decision: 'reject',
    digest: refused.digest,
    reason: 'no',
  });
  await policies.listAddress({ entryId: 'e', asset: 'BTC', address: 'bc1q', label: 'cold' });

  await reconciliations.defineRules({ source: 'bank', version: 1, movementKinds: ['transfer'] });
  await reconciliations.recordLines({
    source: 'bank',
    lines: [{ externalId: 'x', accountId: 'client/bob', asset: 'BTC', amount: '7', bookedAt: t.box.clock.now() }],
  });
  await reconciliations.run({ runId: 'run', source: 'bank', cutoff: t.box.clock.now() });
  await t.box.clock.advance('P3D');
  await expect.poll(async () => (await t.box.events.all('settlement.failed')).length).toBeGreaterThan(0);

  await custodian.holdingSnapshots.take({ snapshotId: 'all' });
  await custodian.holdingSnapshots.take({ snapshotId: 'all' });

  const written = async () => {
    await using facts = await t.facts();
    return (await facts.query<{ n: number }>('select count(*) as n from facts_events'))[0]!.n;
  };
  await expect.poll(async () => (await t.box.events.all()).length === (await written())).toBe(true);
  const published = await t.box.events.all();
  expect([...new Set(published.map(({ type }) => type))].toSorted()).toEqual(types.toSorted());
  expect(published.map(({ publishSeq }) => publishSeq)).toEqual(published.map((_, i) => i + 1));
  const last = new Map<string, number>();
  for (const { type, payload, aggregate, aggregateId, aggregateVersion } of published) {
    const schema = custodianEvents.types[type as (typeof types)[number]].payload as z.ZodObject;
    expect(schema.strict().safeParse(payload).error, `${type} ${JSON.stringify(payload)}`).toBeUndefined();
    const of = `${aggregate} ${aggregateId}`;
    expect(aggregateVersion, of).toBeGreaterThan(last.get(of) ?? 0);
    last.set(of, aggregateVersion);
  }
});

test.each(types)('the example of %s is one', (type) => {
  expect(custodianEvents.example(type)).toMatchObject({ type, source: 'custodian' });
});

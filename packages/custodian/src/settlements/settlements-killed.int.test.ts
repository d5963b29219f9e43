import { isAdapterError } from '@tse/core';
import type { FaultProxy } from '@tse/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type TestCustodian, testCustodian } from '../test-custodian.ts';
import type { ProcessSettlement, SettlementResult } from './settlements.ts';

type Death = (stores: { postgres: FaultProxy; redis: FaultProxy }) => Disposable;

/** Every place where a process waits while it processes: for a connection, for the statement, for the note of what is due. */
const deaths: Record<string, Death> = {
  'before it is connected': ({ postgres }) => postgres.down(),
  'before the statement is committed': ({ postgres }) => postgres.cutBeforeCommit({ match: /process_settlements/ }),
  'after the statement is committed': ({ postgres }) => postgres.cutAfterCommit({ match: /process_settlements/ }),
  'before the note is sent': ({ redis }) => redis.down(),
  'after the note is written': ({ redis }) => redis.cutReply(),
};
const dueDeaths: Record<string, Death> = {
  'before it is connected': ({ postgres }) => postgres.down(),
  'before the statement is committed': ({ postgres }) => postgres.cutBeforeCommit({ match: /settle_due/ }),
  'after the statement is committed': ({ postgres }) => postgres.cutAfterCommit({ match: /settle_due/ }),
  'after the note is written': ({ redis }) => redis.cutReply(),
};

const trade = (reference: string, cycle: 0 | 1): ProcessSettlement => ({
  source: 'exchange',
  reference,
  cycle,
  lots: 4,
  legs: [
    { kind: 'delivery', from: 'seller', to: 'buyer', asset: 'BTC', quantity: '1' },
    { kind: 'payment', from: 'buyer', to: 'seller', asset: 'USD', quantity: '100' },
    { kind: 'fee', from: 'seller', to: 'house/fees', asset: 'USD', quantity: '0.1' },
  ],
});

/** As a caller does it: the same again, until it is known what became of it. */
async function processUntilKnown(t: TestCustodian, settlement: ProcessSettlement): Promise<SettlementResult> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await t.custodian.processSettlement(settlement, { deadlineMs: 5000 });
    } catch (error) {
      const known = isAdapterError(error) && (error.kind === 'unavailable' || error.kind === 'outcome-unknown');
      if (!known || tries > 100) throw error;
      if (error.kind === 'outcome-unknown') expect(error.repeatWith.id).toBe(settlement.reference);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** What was moved for each settlement, and that the books agree with it. */
async function expectOnce(t: TestCustodian, settled: number): Promise<void> {
  await using facts = await t.facts();
  expect(
    await facts.query(`select
        (select count(*) from facts_settlements where status = 'settled') as settled,
        (select count(*) from facts_settlement_events where type = 'settled') as events,
        (select count(*) from facts_events where type = 'settlement.settled') as told,
        (select sum(amount) from facts_movements where kind = 'settlement' and account_id = 'buyer' and asset = 'BTC') as moved,
        (select count(*) from facts_holdings as h where settled <> (select sum(amount) from facts_movements as m
          where m.account_id = h.account_id and m.asset = h.asset)) as wrong`),
  ).toEqual([{ settled, events: settled, told: settled, moved: settled === 0 ? null : String(settled), wrong: 0 }]);
}

async function withTraders(): Promise<TestCustodian> {
  const t = await testCustodian({ options: { workers: false } });
  await t.client('seller', { BTC: '1000' });
  await t.client('buyer', { USD: '100000' });
  return t;
}

test.each(Object.keys(deaths))('killed %s, the same settlement again settles once', async (when) => {
  await using t = await withTraders();
  const settlement = trade('t-1', 0);
  {
    using death = deaths[when]!(t.box);
    const [outcome] = await Promise.allSettled([t.custodian.processSettlement(settlement, { deadlineMs: 3000 })]);
    if (/statement|connected/.test(when)) expect(outcome.status).toBe('rejected');
    else expect(outcome).toMatchObject({ value: { status: 'settled' } });
    expect(death).toBeDefined();
  }
  expect(await processUntilKnown(t, settlement)).toMatchObject({ status: 'settled', settledLots: 4 });
  await expectOnce(t, 1);
});

test('however often and wherever callers die, alone or side by side, each settlement settles once', async () => {
  await using t = await withTraders();
  let run = 0;
  let total = 0;
  const story = fc.array(
    fc.record({
      death: fc.option(fc.constantFrom(...Object.keys(deaths)), { nil: undefined }),
      trades: fc.integer({ min: 1, max: 6 }),
    }),
    { minLength: 1, maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(story, async (steps) => {
      run += 1;
      for (const [i, { death, trades }] of steps.entries()) {
        const all = Array.from({ length: trades }, (_, n) => trade(`${run}/${i}/${n}`, 0));
        {
          using fault = death === undefined ? undefined : deaths[death]!(t.box);
          // Each twice: two processes that answer the same event.
          await Promise.allSettled(
            [...all, ...all].map((one) => t.custodian.processSettlement(one, { deadlineMs: 2000 })),
          );
          expect(fault === undefined).toBe(death === undefined);
        }
        for (const one of all) expect(await processUntilKnown(t, one)).toMatchObject({ status: 'settled' });
        total += trades;
      }
      await expectOnce(t, total);
    }),
    { numRuns: 12 },
  );
});

test.each(Object.keys(dueDeaths))(
  'a worker killed %s settles nothing twice, and the next one all of it',
  async (when) => {
    await using t = await withTraders();
    for (let n = 0; n < 5; n += 1) await t.custodian.processSettlement(trade(`due-${n}`, 1));
    await t.box.clock.advance('P1D');
    {
      using death = dueDeaths[when]!(t.box);
      await using worker = t.box.open('custodian', { workers: ['settle-due'] });
      if (/statement/.test(when)) await (death as Disposable & { struck: Promise<unknown> }).struck;
      else await new Promise((resolve) => setTimeout(resolve, 300));
      expect(worker.identity.schema).toBe(t.custodian.identity.schema);
    }
    await using worker = t.box.open('custodian', { workers: ['settle-due'] });
    await worker.ready();
    await expect.poll(async () => (await t.holdings('buyer'))['BTC']).toEqual(['5', '0']);
    await expectOnce(t, 5);
  },
);

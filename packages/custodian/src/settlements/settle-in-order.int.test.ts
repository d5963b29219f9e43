import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testCustodian } from '../test-custodian.ts';
import type { ProcessSettlement } from './settlements.ts';

const ACCOUNTS = ['a', 'b', 'c'] as const;
const ASSETS = ['BTC', 'USD'] as const;

const leg = fc
  .record({
    from: fc.constantFrom(...ACCOUNTS),
    to: fc.constantFrom(...ACCOUNTS),
    asset: fc.constantFrom(...ASSETS),
    perLot: fc.integer({ min: 1, max: 12 }),
  })
  .filter(({ from, to }) => from !== to);
const instruction = fc
  .record({
    legs: fc.array(leg, { minLength: 1, maxLength: 4 }),
    lots: fc.constantFrom(1, 1, 2, 3, 5),
    minimum: fc.integer({ min: 1, max: 3 }),
  })
  .map((one) => ({ ...one, minimum: Math.min(one.minimum, one.lots) }));
type Instruction = typeof instruction extends fc.Arbitrary<infer T> ? T : never;

/** The rule once more, in plain numbers: one after the other, net of its own legs, as many lots as what is given covers. */
function settleInOrder(holdings: Map<string, number>, { legs, lots, minimum }: Instruction, settled: number): number {
  const net = new Map<string, number>();
  for (const { from, to, asset, perLot } of legs) {
    net.set(`${from} ${asset}`, (net.get(`${from} ${asset}`) ?? 0) - perLot);
    net.set(`${to} ${asset}`, (net.get(`${to} ${asset}`) ?? 0) + perLot);
  }
  let moved = lots - settled;
  for (const [key, amount] of net)
    if (amount < 0) moved = Math.min(moved, Math.floor((holdings.get(key) ?? 0) / -amount));
  if (moved < Math.min(minimum, lots - settled)) return 0;
  for (const [key, amount] of net) holdings.set(key, (holdings.get(key) ?? 0) + amount * moved);
  return moved;
}

test('whatever comes in a batch, and is tried again, moves as if each were decided alone, in its order', async () => {
  await using t = await testCustodian({ options: { workers: false } });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 6, maxLength: 6 }),
      fc.array(instruction, { minLength: 1, maxLength: 10 }),
      async (amounts, instructions) => {
        run += 1;
        const id = (account: string) => `${account}-${run}`;
        const expected = new Map<string, number>();
        for (const [i, account] of ACCOUNTS.entries()) {
          const funds = ASSETS.map((asset, j) => [asset, amounts[i * 2 + j]!] as const);
          for (const [asset, amount] of funds) expected.set(`${account} ${asset}`, amount);
          await t.client(
            id(account),
            Object.fromEntries(funds.flatMap(([asset, amount]) => (amount > 0 ? [[asset, String(amount)]] : []))),
          );
        }
        const batch = instructions.map(({ legs, lots, minimum }, n): ProcessSettlement => ({
          source: `run-${run}`,
          reference: String(n),
          cycle: 0,
          lots,
          minimumLots: minimum,
          legs: legs.map(({ from, to, asset, perLot }) => ({
            kind: 'delivery',
            from: id(from),
            to: id(to),
            asset,
            quantity: String(perLot * lots),
          })),
        }));
        const settled = instructions.map(() => 0);
        for (let round = 0; round < 2; round += 1) {
          const outcomes = await t.custodian.settlements.process(batch);
          for (const [n, one] of instructions.entries()) settled[n]! += settleInOrder(expected, one, settled[n]!);
          expect(outcomes.map((outcome) => outcome.ok && outcome.value.settledLots)).toEqual(settled);
        }
        for (const account of ACCOUNTS) {
          const found = await t.holdings(id(account));
          for (const asset of ASSETS)
            expect(Number(found[asset]?.[0] ?? 0), `${account} ${asset}`).toBe(expected.get(`${account} ${asset}`));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('an account that closes while a settlement credits it has either nothing to get or nothing to close', async () => {
  await using t = await testCustodian({ options: { workers: false } });
  await t.client('payer', { USD: '1000' });
  for (let n = 0; n < 30; n += 1) {
    await t.client(`closing-${n}`);
    const [paid, closed] = await Promise.allSettled([
      t.custodian.processSettlement({
        source: 'exchange',
        reference: String(n),
        cycle: 0,
        legs: [{ kind: 'payment', from: 'payer', to: `closing-${n}`, asset: 'USD', quantity: '1' }],
      }),
      t.custodian.accounts.changeStatus({ accountId: `closing-${n}`, status: 'closed' }),
    ]);
    const settled = paid.status === 'fulfilled' && paid.value.status === 'settled';
    expect(settled, JSON.stringify([paid, closed])).toBe(closed.status === 'rejected');
  }
});

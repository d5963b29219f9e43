import { decimal } from './decimal.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { uuidv7Ids } from './id.ts';
import { type SumLeaf, leafSalts, sumProof, sumRoot, verifySumProof } from './merkle-sum-tree.ts';

const leaves = fc.uniqueArray(
  fc.record({
    accountId: fc.string({ minLength: 1 }),
    amount: fc.nat().map((n) => decimal.of(`${n}.5`)),
    salt: fc.string(),
  }),
  { selector: (leaf: SumLeaf) => leaf.accountId, minLength: 1, maxLength: 40 },
);

test('the root sums all leaves, and each leaf can be proved against it', () => {
  fc.assert(
    fc.property(leaves, (all) => {
      const root = sumRoot(all);
      expect(root.sum).toBe(decimal.sum(all.map((leaf) => leaf.amount)));
      for (const [index, leaf] of all.entries()) expect(verifySumProof(leaf, sumProof(all, index), root)).toBe(true);
    }),
  );
});

test('another amount, another account, a step left out or bent: none is proved', () => {
  fc.assert(
    fc.property(leaves, fc.nat(), (all, pick) => {
      const index = pick % all.length;
      const leaf = all[index]!;
      const steps = sumProof(all, index);
      const root = sumRoot(all);
      expect(verifySumProof({ ...leaf, amount: decimal.plus(leaf.amount, '1') }, steps, root)).toBe(false);
      expect(verifySumProof({ ...leaf, accountId: `${leaf.accountId}x` }, steps, root)).toBe(false);
      if (steps.length > 0) {
        expect(verifySumProof(leaf, steps.slice(1), root)).toBe(false);
        expect(
          verifySumProof(leaf, [{ ...steps[0]!, sum: decimal.plus(steps[0]!.sum, '1') }, ...steps.slice(1)], root),
        ).toBe(false);
      }
    }),
  );
});

test('no leaves make an empty root; a liability below zero is refused', () => {
  expect(sumRoot([]).sum).toBe('0');
  expect(() => sumRoot([{ accountId: 'a', amount: decimal.of('-1'), salt: '' }])).toThrow(RangeError);
});

test('salts are the same for the same ids, and otherwise each another', () => {
  const seeded = () => {
    let n = 0;
    return leafSalts({ next: () => `id-${(n += 1)}` });
  };
  expect(seeded()('alice', 'USD')).toBe(seeded()('alice', 'USD'));
  const salts = [seeded(), leafSalts(uuidv7Ids), leafSalts(uuidv7Ids)].flatMap((salt) => [
    salt('alice', 'USD'),
    salt('alice', 'BTC'),
    salt('bob', 'USD'),
  ]);
  for (const salt of salts) expect(salt).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(salts).size).toBe(9);
});

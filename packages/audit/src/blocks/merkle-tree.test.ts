import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  GrowingTree,
  completeNodes,
  consistencyRanges,
  foldNodes,
  inclusionRanges,
  leafOf,
  merkleRoot,
  nodeOf,
  verifyConsistencyPath,
  verifyInclusionPath,
} from './merkle-tree.ts';

/** As RFC 6962, 2.1 writes it down. */
function naive(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return hash('sha256', Buffer.alloc(0), 'buffer');
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeOf(naive(leaves.slice(0, k)), naive(leaves.slice(k)));
}

const leavesOf = (n: number) => Array.from({ length: n }, (_, i) => leafOf(Buffer.from(`leaf ${i}`)));
const part = (leaves: readonly Buffer[], [start, size]: readonly [number, number]) =>
  naive(leaves.slice(start, start + size));

test('the known answers of RFC 6962 implementations', () => {
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const leaves = inputs.map((hex) => leafOf(Buffer.from(hex, 'hex')));
  const root = (n: number) => merkleRoot(Buffer.concat(leaves.slice(0, n))).toString('hex');
  expect(root(0)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(root(1)).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  expect(root(8)).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
});

test('roots of every size are those of the definition, at once and grown leaf by leaf', () => {
  const tree = new GrowingTree();
  for (let n = 1; n <= 130; n += 1) {
    const leaves = leavesOf(n);
    tree.add(leaves.at(-1)!);
    const root = naive(leaves);
    expect(merkleRoot(Buffer.concat(leaves))).toEqual(root);
    expect(tree.root()).toEqual(root);
  }
});

test('a tree that goes on from its complete subtrees is the same', () => {
  const nodes = new Map<string, Buffer>();
  const whole = new GrowingTree();
  for (const leaf of leavesOf(100))
    for (const { level, n, hash: node } of whole.add(leaf)) nodes.set(`${level}/${n}`, node);
  for (let n = 1; n < 100; n += 1) {
    const hashes = completeNodes([0, n]).map((node) => nodes.get(`${node.level}/${node.n}`)!);
    const again = new GrowingTree(n, hashes);
    for (const leaf of leavesOf(100).slice(n)) again.add(leaf);
    expect(again.root()).toEqual(whole.root());
    expect(foldNodes(hashes)).toEqual(naive(leavesOf(n)));
  }
});

test('every leaf is proved by its path, and no other leaf, place, size or path is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat(), (size, at, bend) => {
      const leaves = leavesOf(size);
      const index = at % size;
      const path = inclusionRanges(index, size).map((range) => part(leaves, range));
      const root = naive(leaves);
      expect(verifyInclusionPath(leaves[index]!, index, size, path, root)).toBe(true);
      expect(verifyInclusionPath(leafOf(Buffer.from('other')), index, size, path, root)).toBe(false);
      if (size > 1) expect(verifyInclusionPath(leaves[index]!, (index + 1) % size, size, path, root)).toBe(false);
      expect(verifyInclusionPath(leaves[index]!, index, size, [...path, root], root)).toBe(false);
      if (path.length === 0) return;
      expect(verifyInclusionPath(leaves[index]!, index, size, path.slice(1), root)).toBe(false);
      const bent = path.map((node) => Buffer.from(node));
      bent[bend % path.length]![bend % 32]! ^= 1;
      expect(verifyInclusionPath(leaves[index]!, index, size, bent, root)).toBe(false);
    }),
  );
});

test('a tree that only grew is proved to have, and one that was rewritten is not', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 150 }), fc.nat(60), fc.nat(), (first, more, bend) => {
      const leaves = leavesOf(first + more);
      const [a, b] = [naive(leaves.slice(0, first)), naive(leaves)];
      const path = consistencyRanges(first, leaves.length).map((range) => part(leaves, range));
      expect(verifyConsistencyPath(first, leaves.length, path, a, b)).toBe(true);
      const rewritten = leaves.map((leaf, i) => (i === bend % first ? leafOf(Buffer.from('rewritten')) : leaf));
      const other = naive(rewritten);
      const otherPath = consistencyRanges(first, leaves.length).map((range) => part(rewritten, range));
      expect(verifyConsistencyPath(first, leaves.length, otherPath, a, other)).toBe(false);
      expect(verifyConsistencyPath(first, leaves.length, path, other, b)).toBe(false);
      if (path.length > 0) expect(verifyConsistencyPath(first, leaves.length, path.slice(1), a, b)).toBe(false);
    }),
  );
});

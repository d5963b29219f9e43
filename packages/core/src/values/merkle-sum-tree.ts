import { createHmac, hash } from 'node:crypto';
import { type Decimal, decimal } from './decimal.ts';
import type { Ids } from './id.ts';

/** A node commits to the hash and the sum of all below it. */
export interface SumNode {
  hash: string;
  sum: Decimal;
}

/** What one account holds, as a leaf of a Merkle-sum tree. */
export interface SumLeaf {
  accountId: string;
  amount: Decimal;
  /** Not to be guessed, so that a neighbour's hash in a proof tells nothing about the neighbour. See `leafSalts`. */
  salt: string;
}

export interface ProofStep extends SumNode {
  /** Where this sibling stands. */
  side: 'left' | 'right';
}

const EMPTY: SumNode = { hash: hash('sha256', 'empty'), sum: '0' as Decimal };

/** Of so many ids a key is made: whoever knows one id of a run and when it was made cannot guess the others. */
const IDS_OF_A_KEY = 8;

/**
 * The salts of one tree: an HMAC of the leaf under a key that nobody keeps, made of new ids. A run with seeded ids has the same tree again, and
 * so the same root; with the random ones of every other run it is as good as random.
 */
export function leafSalts(ids: Ids): (accountId: string, asset: string) => string {
  const key = hash('sha256', Array.from({ length: IDS_OF_A_KEY }, () => ids.next()).join('\n'), 'buffer');
  return (accountId, asset) => createHmac('sha256', key).update(`${accountId}\n${asset}`).digest('hex').slice(0, 32);
}

/** Leaves and inner nodes are hashed under different first bytes, so that one cannot be passed off as the other. */
export const leafNode = ({ accountId, amount, salt }: SumLeaf): SumNode => ({
  hash: hash('sha256', `\0${salt}\n${accountId}\n${amount}`),
  sum: amount,
});

function parent(left: SumNode, right: SumNode): SumNode {
  return {
    hash: hash('sha256', `\u0001${left.hash}\n${left.sum}\n${right.hash}\n${right.sum}`),
    sum: decimal.plus(left.sum, right.sum),
  };
}

/** Levels of the tree over leaves in a fixed order, lowest first; a level of odd length is filled with an empty node. */
function levels(leaves: readonly SumLeaf[]): SumNode[][] {
  const built = [leaves.map(leafNode)];
  for (let level = built[0]!; level.length > 1;) {
    const next: SumNode[] = [];
    for (let i = 0; i < level.length; i += 2) next.push(parent(level[i]!, level[i + 1] ?? EMPTY));
    built.push(next);
    level = next;
  }
  return built;
}

/** The root over leaves whose amounts are zero or above; a negative one would hide a part of the others, and is refused. */
export function sumRoot(leaves: readonly SumLeaf[]): SumNode {
  if (leaves.some(({ amount }) => decimal.isNegative(amount))) throw new RangeError('an amount below zero');
  return levels(leaves).at(-1)![0] ?? EMPTY;
}

/** The root of each asset over its leaves, in their order. */
export function sumRoots(leaves: readonly (SumLeaf & { asset: string })[]): Record<string, SumNode> {
  const byAsset = Map.groupBy(leaves, ({ asset }) => asset);
  return Object.fromEntries([...byAsset].map(([asset, ofAsset]) => [asset, sumRoot(ofAsset)]));
}

/** The siblings from the leaf at `index` up to the root. */
export function sumProof(leaves: readonly SumLeaf[], index: number): ProofStep[] {
  return levels(leaves)
    .slice(0, -1)
    .map((level, depth) => {
      const at = Math.floor(index / 2 ** depth);
      const sibling = level[at ^ 1] ?? EMPTY;
      return { ...sibling, side: at % 2 === 0 ? 'right' : 'left' };
    });
}

/** Whether a leaf is counted in a root: what an account holder runs, with nothing but the proof. */
export function verifySumProof(leaf: SumLeaf, steps: readonly ProofStep[], root: SumNode): boolean {
  let node = leafNode(leaf);
  for (const { side, ...sibling } of steps) {
    if (decimal.isNegative(sibling.sum)) return false;
    node = side === 'left' ? parent(sibling, node) : parent(node, sibling);
  }
  return node.hash === root.hash && node.sum === root.sum;
}

/** One hash over the nodes of all assets, in the order of their codes. */
export const commitment = (assets: Readonly<Record<string, SumNode>>): string =>
  hash(
    'sha256',
    `\u0002${Object.entries(assets)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([asset, node]) => `${asset}\n${node.hash}\n${node.sum}`)
      .join('\n')}`,
  );

/** What leaves come to: one root over all, and below it each asset's node and sum. */
export function commitLeaves(leaves: readonly (SumLeaf & { asset: string })[]) {
  const assets = sumRoots(leaves);
  return {
    root: commitment(assets),
    assets,
    totals: Object.fromEntries(Object.entries(assets).map(([asset, { sum }]) => [asset, sum])),
    leaves: leaves.length,
  };
}

/** Whether a leaf of an asset is counted in such a root. */
export function verifyCommitted({
  root,
  asset,
  assets,
  steps,
  ...leaf
}: SumLeaf & {
  root: string;
  asset: string;
  assets: Readonly<Record<string, SumNode>>;
  steps: readonly ProofStep[];
}): boolean {
  const node = assets[asset];
  return node !== undefined && commitment(assets) === root && verifySumProof(leaf, steps, node);
}

import { hash } from 'node:crypto';

/**
 * Merkle trees as RFC 6962, section 2.1, has them: a leaf is hashed behind the byte 0, a node behind the byte 1, and the left part of a tree
 * of n leaves holds the largest power of two that is smaller than n.
 */
export const LEAF_PREFIX = 0;
const NODE_PREFIX = 1;
export const HASH_BYTES = 32;

export const leafOf = (data: Uint8Array): Buffer =>
  hash('sha256', Buffer.concat([Buffer.of(LEAF_PREFIX), data]), 'buffer');

const pair = Buffer.alloc(1 + 2 * HASH_BYTES, NODE_PREFIX);

export function nodeOf(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 1);
  pair.set(right, 1 + HASH_BYTES);
  return hash('sha256', pair, 'buffer');
}

/** The root over hashed leaves that stand one after the other in `leaves`. */
export function merkleRoot(leaves: Uint8Array): Buffer {
  let count = leaves.length / HASH_BYTES;
  if (count === 0) return hash('sha256', Buffer.alloc(0), 'buffer');
  // Level by level, each pair in one piece of memory behind its prefix; a last one without a partner goes up as it is.
  const level = Buffer.from(leaves);
  for (; count > 1; count = (count + 1) >> 1) {
    let to = 0;
    let from = 0;
    for (; from + 1 < count; from += 2, to += 1) {
      level.copy(pair, 1, from * HASH_BYTES, (from + 2) * HASH_BYTES);
      // A byte a character: a buffer for each hash would cost more than the hash.
      level.write(hash('sha256', pair, 'binary'), to * HASH_BYTES, 'latin1');
    }
    if (from < count) level.copy(level, to * HASH_BYTES, from * HASH_BYTES, (from + 1) * HASH_BYTES);
  }
  return Buffer.from(level.subarray(0, HASH_BYTES));
}

/** Leaves `start` to `start + size - 1` of a tree. */
export type Range = readonly [start: number, size: number];

/** The largest power of two that is smaller than n. */
const split = (n: number): number => 2 ** (Math.ceil(Math.log2(n)) - 1);

/** The subtrees whose roots show that leaf `index` is in a tree of `size` leaves, lowest first. */
export function inclusionRanges(index: number, size: number, start = 0): Range[] {
  if (size <= 1) return [];
  const left = split(size);
  return index < left
    ? [...inclusionRanges(index, left, start), [start + left, size - left]]
    : [...inclusionRanges(index - left, size - left, start + left), [start, left]];
}

/** The subtrees whose roots show that the tree of `size` leaves begins with the one of `first` leaves (RFC 6962, 2.1.2). */
export function consistencyRanges(first: number, size: number): Range[] {
  const walk = (m: number, n: number, start: number, isWhole: boolean): Range[] => {
    if (m === n) return isWhole ? [] : [[start, n]];
    const left = split(n);
    return m <= left
      ? [...walk(m, left, start, isWhole), [start + left, n - left]]
      : [...walk(m - left, n - left, start + left, false), [start, left]];
  };
  return first === 0 || first > size ? [] : walk(first, size, 0, true);
}

/** A complete subtree: the leaves `n * 2^level` to `(n + 1) * 2^level - 1`. */
export interface Node {
  readonly level: number;
  readonly n: number;
}

/** The complete subtrees that a range is made of, leftmost first. The range begins where a subtree of its size would. */
export function completeNodes([start, size]: Range): Node[] {
  const nodes: Node[] = [];
  for (let at = start, left = size; left > 0;) {
    const level = Math.floor(Math.log2(left));
    nodes.push({ level, n: at / 2 ** level });
    at += 2 ** level;
    left -= 2 ** level;
  }
  return nodes;
}

/** The root of a range out of the hashes of its complete subtrees. */
export const foldNodes = (hashes: readonly Uint8Array[]): Buffer =>
  Buffer.from(hashes.reduceRight((right, left) => nodeOf(left, right)));

/** Whether the path leads from the leaf to the root: RFC 9162, 2.1.3.2. */
export function verifyInclusionPath(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!(index >= 0) || index >= size) return false;
  let fn = index;
  let sn = size - 1;
  let node: Buffer = Buffer.from(leaf);
  for (const sibling of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      node = nodeOf(sibling, node);
      while (fn % 2 === 0 && fn > 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else node = nodeOf(node, sibling);
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && node.equals(root);
}

/** Whether the second tree is the first one and more: RFC 9162, 2.1.4.2. */
export function verifyConsistencyPath(
  first: number,
  second: number,
  path: readonly Uint8Array[],
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
): boolean {
  if (!(first >= 1) || first > second) return false;
  if (first === second) return path.length === 0 && Buffer.from(firstRoot).equals(secondRoot);
  const isPower = (first & (first - 1)) === 0 && first <= 0x4000_0000;
  const nodes = isPower ? [firstRoot, ...path] : [...path];
  const [head, ...rest] = nodes;
  if (head === undefined) return false;
  let fn = first - 1;
  let sn = second - 1;
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  let fr: Buffer = Buffer.from(head);
  let sr: Buffer = Buffer.from(head);
  for (const node of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeOf(node, fr);
      sr = nodeOf(node, sr);
      while (fn % 2 === 0 && fn > 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else sr = nodeOf(sr, node);
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && fr.equals(firstRoot) && sr.equals(secondRoot);
}

/** The root of a tree that grows leaf by leaf, with the complete subtrees that each leaf completes. */
export class GrowingTree {
  #size: number;
  #stack: Buffer[];

  /** Goes on where a tree of `size` leaves ended: with the hashes of its complete subtrees. */
  constructor(size = 0, hashes: readonly Buffer[] = []) {
    this.#size = size;
    this.#stack = [...hashes];
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a hashed leaf; answers the subtrees that are complete with it. */
  add(leaf: Buffer): (Node & { hash: Buffer })[] {
    let node = leaf;
    let n = this.#size;
    const complete = [{ level: 0, n, hash: node }];
    for (let level = 1; n % 2 === 1; level += 1) {
      n = (n - 1) / 2;
      node = nodeOf(this.#stack.pop()!, node);
      complete.push({ level, n, hash: node });
    }
    this.#stack.push(node);
    this.#size += 1;
    return complete;
  }

  root(): Buffer {
    return this.#stack.length === 0 ? merkleRoot(Buffer.alloc(0)) : foldNodes(this.#stack);
  }
}

import { type LeafFields, leafHash } from '../trail/leaf.ts';
import { type BlockHeader, blockHash } from './block-header.ts';
import { leafOf, verifyConsistencyPath, verifyInclusionPath } from './merkle-tree.ts';

/** What is checked of an `EventProof`; more fields do no harm. */
export interface CheckableEventProof {
  readonly event: LeafFields;
  readonly block: BlockHeader;
  readonly blockPath: readonly string[];
  readonly treePath: readonly string[];
  readonly treeSize: number;
  readonly treeRoot: string;
}

export interface CheckableConsistencyProof {
  readonly first: number;
  readonly second: number;
  readonly firstRoot: string;
  readonly secondRoot: string;
  readonly path: readonly string[];
}

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

/**
 * Whether the event, as it stands in the proof, is at its position in the tree whose root you trust: that of an anchor. Where none is
 * given the proof's own counts, which shows no more than that the proof is in itself right.
 */
export function verifyEventProof(proof: CheckableEventProof, trustedRoot: string = proof.treeRoot): boolean {
  const { event, block, blockPath, treePath, treeSize, treeRoot } = proof;
  const size = block.lastPosition - block.firstPosition + 1;
  const index = event.position - block.firstPosition;
  return (
    treeRoot === trustedRoot &&
    verifyInclusionPath(leafHash(event), index, size, blockPath.map(bytes), bytes(block.merkleRoot)) &&
    verifyInclusionPath(
      leafOf(bytes(blockHash(block))),
      block.block - 1,
      treeSize,
      treePath.map(bytes),
      bytes(treeRoot),
    )
  );
}

/** Whether nothing that was in the first tree is another one in the second. */
export const verifyConsistencyProof = ({
  first,
  second,
  firstRoot,
  secondRoot,
  path,
}: CheckableConsistencyProof): boolean =>
  verifyConsistencyPath(first, second, path.map(bytes), bytes(firstRoot), bytes(secondRoot));

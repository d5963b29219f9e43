export { type BundleFinding, type BundleVerdict, verifyBundle } from './blocks/bundle.ts';
export { type BlockHeader, blockHash } from './blocks/block-header.ts';
export { type LeafFields, canonicalForm, leafHash } from './trail/leaf.ts';
export { leafOf, merkleRoot, verifyConsistencyPath, verifyInclusionPath } from './blocks/merkle-tree.ts';
export { verifyConsistencyProof, verifyEventProof } from './blocks/verify-proof.ts';
export { type RootedCause, type RootedEvent, rootOf, rootedLeaf } from './roots/root-leaf.ts';

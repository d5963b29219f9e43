import { hash } from 'node:crypto';

/** What a block's hash covers. Hashes are hexadecimal. */
export interface BlockHeader {
  block: number;
  firstPosition: number;
  lastPosition: number;
  firstRecordedAt: string;
  lastRecordedAt: string;
  /** Of the form in which the events' leaves were made. */
  canonVersion: number;
  /** Of the Merkle tree over the leaves of its events. */
  merkleRoot: string;
  /** Of the block before it; zeros for the first. */
  prevHash: string;
  sealedAt: string;
}

export const NO_HASH = '0'.repeat(64);

/** SHA-256 over lines: a name with the version of this form, then the fields in their order. */
export const blockHash = (header: BlockHeader): string =>
  hash(
    'sha256',
    [
      'tse-audit-block-1',
      header.block,
      header.firstPosition,
      header.lastPosition,
      header.firstRecordedAt,
      header.lastRecordedAt,
      header.canonVersion,
      header.merkleRoot,
      header.prevHash,
      header.sealedAt,
    ].join('\n'),
  );

import { hash } from 'node:crypto';
import { type LeafFields, LeafEncoder, encodeFields, leafColumns } from './leaf.ts';

/** Rows of the trail in PostgreSQL's binary COPY, hashed as they are written. */
export const copyEvents = `copy events (${leafColumns.join(', ')}, leaf_hash) from stdin (format binary)`;

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const END = Buffer.from([0xff, 0xff]);
const CHUNK = 64 * 1024;
const FIELDS = leafColumns.length + 1;

/** The second byte of a row's number of fields is 0 for as long as the row is hashed: what is then before the fields is a leaf's prefix. */
function encodeRow(encoder: LeafEncoder, event: LeafFields): void {
  encoder.byte(0);
  const prefix = encoder.length;
  encoder.byte(0);
  encodeFields(encoder, event);
  const leaf = hash('sha256', encoder.bytes(prefix), 'binary');
  encoder.bytes(prefix)[0] = FIELDS;
  encoder.bytesOf(leaf);
}

/** The whole stream of a COPY, in chunks that are made while the ones before are sent. */
export function* encodedRows(events: Iterable<LeafFields>): Generator<Buffer> {
  yield SIGNATURE;
  const encoder = new LeafEncoder(CHUNK + 16 * 1024);
  for (const event of events) {
    encodeRow(encoder, event);
    if (encoder.length >= CHUNK) yield encoder.take();
  }
  yield Buffer.concat([encoder.take(), END]);
}

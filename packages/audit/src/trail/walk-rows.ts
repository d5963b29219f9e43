import { hash } from 'node:crypto';
import { leafColumns } from './leaf.ts';

/** What a walk over rows in PostgreSQL's binary COPY sees of each. One object for all of them: it holds only until the next. */
export interface WalkedRow {
  position: number;
  /** Microseconds since 2000. */
  recordedAt: number;
  source: string;
  /** Absent where it came directly. */
  sourceSeq: number | undefined;
  /** The hash that is kept beside the event, and the one that its fields make: a byte a character, which costs half of what buffers do. */
  storedLeaf: string;
  leaf: string;
}

const FIELDS = leafColumns.length + 1;
const HEADER_BYTES = 19;
const POSITION = 0;
const RECORDED_AT = 1;
const SOURCE = 2;
const SOURCE_SEQ = 3;

/** The rows are not what COPY writes, or end in the middle of one. */
export class MalformedRowsError extends Error {
  override readonly name = 'MalformedRowsError';
}

const int64 = (buffer: Buffer, at: number): number =>
  buffer.readInt32BE(at) * 0x1_0000_0000 + buffer.readUInt32BE(at + 4);

/** Hashes each row as it lies in the stream; answers how many there were. */
export async function walkRows(chunks: AsyncIterable<Buffer>, onRow: (row: WalkedRow) => void): Promise<number> {
  const row = {} as WalkedRow;
  const starts = new Int32Array(FIELDS);
  const lengths = new Int32Array(FIELDS);
  let rest: Buffer = Buffer.alloc(0);
  let count = 0;
  let isBegun = false;
  let isEnded = false;

  /** The end of the row that begins there, or -1 where it is not all there yet. */
  const endOf = (buffer: Buffer, start: number): number => {
    let at = start + 2;
    for (let field = 0; field < FIELDS; field += 1) {
      if (at + 4 > buffer.length) return -1;
      const length = buffer.readInt32BE(at);
      at += 4;
      starts[field] = at;
      lengths[field] = length;
      if (length > 0) at += length;
    }
    return at > buffer.length ? -1 : at;
  };

  for await (const chunk of chunks) {
    const buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (!isBegun) {
      if (buffer.length < HEADER_BYTES) {
        rest = buffer;
        continue;
      }
      if (buffer.toString('latin1', 0, 11) !== 'PGCOPY\n\xff\r\n\0') throw new MalformedRowsError('no rows of a COPY');
      isBegun = true;
      at = HEADER_BYTES;
    }
    while (at + 2 <= buffer.length && !isEnded) {
      const fields = buffer.readInt16BE(at);
      if (fields === -1) {
        isEnded = true;
        at += 2;
        break;
      }
      if (fields !== FIELDS) throw new MalformedRowsError(`a row of ${fields} fields after ${count} rows`);
      const end = endOf(buffer, at);
      if (end === -1) break;
      const leafAt = starts[FIELDS - 1]!;
      // The low byte of the number of fields becomes the prefix of a leaf, right before the fields.
      buffer[at + 1] = 0;
      row.leaf = hash('sha256', buffer.subarray(at + 1, leafAt - 4), 'binary');
      buffer[at + 1] = FIELDS;
      row.storedLeaf = buffer.toString('latin1', leafAt, end);
      row.position = int64(buffer, starts[POSITION]!);
      row.recordedAt = int64(buffer, starts[RECORDED_AT]!);
      row.source = buffer.toString('utf8', starts[SOURCE], starts[SOURCE]! + lengths[SOURCE]!);
      row.sourceSeq = lengths[SOURCE_SEQ]! < 0 ? undefined : int64(buffer, starts[SOURCE_SEQ]!);
      onRow(row);
      count += 1;
      at = end;
    }
    rest = at === 0 ? buffer : buffer.subarray(at);
  }
  if (!isEnded || rest.length > 0) throw new MalformedRowsError(`the rows end in the middle, after ${count} of them`);
  return count;
}

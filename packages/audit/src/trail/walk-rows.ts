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
  const walker = new RowWalker(onRow);
  for await (const chunk of chunks) walker.push(chunk);
  return walker.end();
}

/** The same for chunks that are handed in. */
export class RowWalker {
  readonly #onRow: (row: WalkedRow) => void;
  readonly #row = {} as WalkedRow;
  readonly #starts = new Int32Array(FIELDS);
  readonly #lengths = new Int32Array(FIELDS);
  #rest: Buffer = Buffer.alloc(0);
  #count = 0;
  #isBegun = false;
  #isEnded = false;
  #source = '';
  #sourceBytes: Buffer = Buffer.alloc(0);

  constructor(onRow: (row: WalkedRow) => void) {
    this.#onRow = onRow;
  }

  push(chunk: Buffer): void {
    const buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    if (!this.#isBegun) {
      if (buffer.length < HEADER_BYTES) {
        this.#rest = buffer;
        return;
      }
      if (buffer.toString('latin1', 0, 11) !== 'PGCOPY\n\xff\r\n\0') throw new MalformedRowsError('no rows of a COPY');
      this.#isBegun = true;
      at = HEADER_BYTES;
    }
    while (at + 2 <= buffer.length && !this.#isEnded) {
      const fields = buffer.readInt16BE(at);
      if (fields === -1) {
        this.#isEnded = true;
        at += 2;
        break;
      }
      if (fields !== FIELDS) throw new MalformedRowsError(`a row of ${fields} fields after ${this.#count} rows`);
      const end = this.#endOf(buffer, at);
      if (end === -1) break;
      this.#take(buffer, at, end);
      at = end;
    }
    this.#rest = at === 0 ? buffer : buffer.subarray(at);
  }

  /** Answers how many rows there were. */
  end(): number {
    if (!this.#isEnded || this.#rest.length > 0)
      throw new MalformedRowsError(`the rows end in the middle, after ${this.#count} of them`);
    return this.#count;
  }

  /** The end of the row that begins there, or -1 where it is not all there yet. */
  #endOf(buffer: Buffer, start: number): number {
    const starts = this.#starts;
    const lengths = this.#lengths;
    let at = start + 2;
    for (let field = 0; field < FIELDS; field += 1) {
      if (at + 4 > buffer.length) return -1;
      const length = (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
      at += 4;
      starts[field] = at;
      lengths[field] = length;
      if (length > 0) at += length;
    }
    return at > buffer.length ? -1 : at;
  }

  #take(buffer: Buffer, start: number, end: number): void {
    const row = this.#row;
    const starts = this.#starts;
    const lengths = this.#lengths;
    const leafAt = starts[FIELDS - 1]!;
    // The low byte of the number of fields becomes the prefix of a leaf, right before the fields.
    buffer[start + 1] = 0;
    row.leaf = hash('sha256', buffer.subarray(start + 1, leafAt - 4), 'binary');
    buffer[start + 1] = FIELDS;
    row.storedLeaf = buffer.toString('latin1', leafAt, end);
    row.position = int64(buffer, starts[POSITION]!);
    row.recordedAt = int64(buffer, starts[RECORDED_AT]!);
    row.source = this.#sourceAt(buffer, starts[SOURCE]!, lengths[SOURCE]!);
    row.sourceSeq = lengths[SOURCE_SEQ]! < 0 ? undefined : int64(buffer, starts[SOURCE_SEQ]!);
    this.#onRow(row);
    this.#count += 1;
  }

  /** Rows of one source often follow each other. */
  #sourceAt(buffer: Buffer, start: number, length: number): string {
    const last = this.#sourceBytes;
    let same = 0;
    if (length === last.length) while (same < length && buffer[start + same] === last[same]) same += 1;
    if (same !== length || length !== last.length) {
      this.#sourceBytes = Buffer.from(buffer.subarray(start, start + length));
      this.#source = this.#sourceBytes.toString();
    }
    return this.#source;
  }
}

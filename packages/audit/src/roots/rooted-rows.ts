import { hash } from 'node:crypto';
import { instant } from '@tse/core';
import { MalformedRowsError } from '../trail/walk-rows.ts';
import type { RootedEvent } from './root-leaf.ts';

/** The columns of the canonical form, in its order. */
const FIELDS = 13;
const HEADER_BYTES = 19;
/** From 1970 to 2000, where PostgreSQL's binary instants begin. */
const EPOCH_2000_MICROS = 946_684_800_000_000n;

/** A row as it lies in the stream. */
export interface RootedRow {
  readonly leaf: Buffer;
  /** Reads what it says: for those who want more than its hash. */
  readonly event: () => RootedEvent;
}

/** Rows in PostgreSQL's binary COPY, each hashed as it lies there. */
export async function* rootedRows(chunks: AsyncIterable<Buffer>): AsyncGenerator<RootedRow> {
  let rest: Buffer = Buffer.alloc(0);
  let isBegun = false;
  let isEnded = false;
  for await (const chunk of chunks) {
    const buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (!isBegun && buffer.length >= HEADER_BYTES) {
      if (buffer.toString('latin1', 0, 11) !== 'PGCOPY\n\xff\r\n\0') throw new MalformedRowsError('no rows of a COPY');
      isBegun = true;
      at = HEADER_BYTES;
    }
    while (isBegun && !isEnded && at + 2 <= buffer.length) {
      const fields = buffer.readInt16BE(at);
      if (fields === -1) {
        isEnded = true;
        at += 2;
        break;
      }
      if (fields !== FIELDS) throw new MalformedRowsError(`a row of ${fields} fields`);
      const end = endOf(buffer, at + 2);
      if (end === undefined) break;
      // The low byte of the number of fields becomes the prefix of a leaf, right before the fields.
      buffer[at + 1] = 0;
      const row = buffer.subarray(at + 1, end);
      yield { leaf: hash('sha256', row, 'buffer'), event: () => eventOf(row) };
      at = end;
    }
    rest = at === 0 ? buffer : buffer.subarray(at);
  }
  if (!isEnded || rest.length > 0) throw new MalformedRowsError('the rows end in the middle');
}

/** The end of the row whose fields begin there; nothing where it is not all there yet. */
function endOf(buffer: Buffer, start: number): number | undefined {
  let at = start;
  for (let field = 0; field < FIELDS; field += 1) {
    if (at + 4 > buffer.length) return undefined;
    at += 4 + Math.max(0, buffer.readInt32BE(at));
  }
  return at > buffer.length ? undefined : at;
}

function eventOf(row: Buffer): RootedEvent {
  let at = 1;
  const next = (): Buffer | undefined => {
    const length = row.readInt32BE(at);
    const start = at + 4;
    at = start + Math.max(0, length);
    return length < 0 ? undefined : row.subarray(start, at);
  };
  const text = () => next()?.toString();
  const version = () => {
    const bytes = next();
    return bytes && { aggregateVersion: Number(bytes.readBigInt64BE()) };
  };
  const [type, source, aggregate, aggregateId] = [text()!, text()!, text()!, text()!];
  const versioned = version();
  const occurredAt = instant.fromMicros(next()!.readBigInt64BE() + EPOCH_2000_MICROS);
  const payloadText = text()!;
  const [from, what, of, which] = [text(), text(), text(), text()];
  const causeVersion = version();
  const words = text();
  return {
    type,
    source,
    aggregate,
    aggregateId,
    ...versioned,
    occurredAt,
    payloadText,
    ...(from !== undefined && {
      cause: { source: from, type: what!, aggregate: of!, aggregateId: which!, ...causeVersion },
    }),
    ...(words !== undefined && { cause: { text: words } }),
  };
}

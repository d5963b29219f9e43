import pg from 'pg';
import { types } from './codecs.ts';

const DATA_ROW = 0x44;
const READY_FOR_QUERY = 0x5a;
const HEADER_BYTES = 5;

/** bool, int8, int2, int4, float4, float8, date, timestamp, timestamptz, numeric, uuid: in ASCII, and no value of them can be changed. */
const plainTypes = new Set([16, 20, 21, 23, 700, 701, 1082, 1114, 1184, 1700, 2950]);

interface Column {
  readonly isPlain: boolean;
  readonly decode: (text: string) => unknown;
  /** The last plain one: rows that follow each other often say the same. */
  text: string;
  value: unknown;
}

/**
 * A query whose rows are read out of what the socket hands over. The driver's parser would make a string of each field by a call of its
 * own, which costs more than all else of a long read; here the fields of a row are cut out of one string. All other messages are the
 * driver's as ever, so that statements, errors and timeouts are too.
 */
class ArrayQuery<T> extends pg.Query {
  readonly found: T[] = [];
  failure: unknown;
  readonly #read: (row: unknown[]) => T;
  #columns: Column[] = [];
  #stream: NodeJS.ReadableStream | undefined;
  #handler: ((chunk: Buffer) => void) | undefined;
  /** The begin of a message that is not all there yet. */
  #rest: Buffer | undefined;

  constructor(
    config: pg.QueryConfig,
    read: (row: unknown[]) => T,
    done: (error: Error | undefined, result: pg.QueryResult) => void,
  ) {
    super(config, done);
    this.#read = read;
  }

  override readonly submit = (connection: pg.Connection): void => {
    const { stream } = connection;
    const [handler, ...others] = stream.listeners('data');
    if (handler === undefined || others.length > 0) throw new Error('the connection is read by someone else');
    const refused = pg.Query.prototype.submit.call(this, connection);
    if (refused !== null) return refused;
    this.#stream = stream;
    this.#handler = handler as (chunk: Buffer) => void;
    stream.on('data', this.#onData);
    stream.removeListener('data', this.#handler);
  };

  /** The driver calls it. */
  handleRowDescription({ fields }: { fields: readonly pg.FieldDef[] }): void {
    this.#columns = fields.map(({ dataTypeID }) => ({
      isPlain: plainTypes.has(dataTypeID),
      decode: types.getTypeParser(dataTypeID, 'text') as Column['decode'],
      text: '',
      value: undefined,
    }));
  }

  readonly #onData = (chunk: Buffer): void => {
    const buffer = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    let at = 0;
    while (at + HEADER_BYTES <= buffer.length) {
      const end = at + 1 + buffer.readUInt32BE(at + 1);
      if (end > buffer.length) break;
      const code = buffer[at]!;
      if (code === READY_FOR_QUERY) return this.#leave(buffer.subarray(at));
      if (code === DATA_ROW) this.#take(buffer, at + HEADER_BYTES, end);
      else this.#handler!(buffer.subarray(at, end));
      at = end;
    }
    if (at < buffer.length) this.#rest = buffer.subarray(at);
  };

  /** The driver reads on. It may submit the next query at once. */
  #leave(rest: Buffer): void {
    const handler = this.#handler!;
    this.#stream!.on('data', handler);
    this.#stream!.removeListener('data', this.#onData);
    handler(rest);
  }

  #take(buffer: Buffer, start: number, end: number): void {
    if (this.failure !== undefined) return;
    try {
      this.found.push(this.#read(this.#decoded(buffer, start, end)));
    } catch (error) {
      this.failure = error;
    }
  }

  #decoded(buffer: Buffer, start: number, end: number): unknown[] {
    const columns = this.#columns;
    const text = buffer.toString('latin1', start, end);
    const row: unknown[] = Array(columns.length);
    let at = start + 2;
    for (let i = 0; i < columns.length; i += 1) {
      const length = buffer.readInt32BE(at);
      at += 4;
      if (length < 0) {
        row[i] = null;
        continue;
      }
      const column = columns[i]!;
      if (column.isPlain) {
        const field = text.slice(at - start, at - start + length);
        if (field !== column.text) {
          column.value = column.decode(field);
          column.text = field;
        }
        row[i] = column.value;
      } else row[i] = column.decode(buffer.toString('utf8', at, at + length));
      at += length;
    }
    return row;
  }
}

/** Sends a statement and reads each of its rows, an array in the order of its columns. */
export function queryArrays<T>(
  client: pg.ClientBase,
  config: pg.QueryConfig & { query_timeout: number },
  read: (row: unknown[]) => T,
): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const query = new ArrayQuery(config, read, (error) => {
      const failure = error ?? query.failure;
      if (failure === undefined || failure === null) resolve(query.found);
      else reject(failure);
    });
    // The driver looks for it there.
    client.query(Object.assign(query, { query_timeout: config.query_timeout }));
  });
}

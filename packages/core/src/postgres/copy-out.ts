import type pg from 'pg';

const COPY_DATA = 0x64;
const COPY_DONE = 0x63;
/** What may come before and between the rows: the begin of COPY, notices, parameters and notifications. */
const BETWEEN = new Set([0x48, 0x4e, 0x53, 0x41]);
const HEADER_BYTES = 5;

/**
 * The rows of a `COPY … TO STDOUT`, read from the connection's socket at the reader's pace. PostgreSQL frames each row; here the frames are
 * taken out of what was received in place, because a buffer for each row would cost more than the row.
 */
export class CopyOut implements pg.Submittable {
  readonly #text: string;
  readonly #ended = Promise.withResolvers<void>();
  #stream: NodeJS.ReadableStream | undefined;
  #handler: ((chunk: Buffer) => void) | undefined;
  #change = Promise.withResolvers<void>();
  /** The begin of a frame whose length is not all there yet. */
  #rest: Buffer | undefined;
  /** Bytes of the frame that are to come. */
  #left = 0;
  #isRow = false;
  /** The rows are: the driver reads on. */
  #isOver = false;

  constructor(text: string) {
    this.#text = text;
    this.#ended.promise.catch(() => {});
  }

  submit(connection: pg.Connection): void {
    const { stream } = connection;
    const [handler, ...others] = stream.listeners('data');
    if (handler === undefined || others.length > 0) throw new Error('the connection is read by someone else');
    this.#stream = stream;
    this.#handler = handler as (chunk: Buffer) => void;
    stream.removeListener('data', this.#handler);
    stream.pause();
    stream.on('readable', this.#onReadable);
    connection.query(this.#text);
  }

  /** The next bytes of the rows; nothing after the last. Rejects where the statement failed or the connection was lost. */
  async next(): Promise<Buffer | undefined> {
    while (!this.#isOver) {
      const chunk = this.#stream?.read() as Buffer | null | undefined;
      if (!chunk) {
        this.#change = Promise.withResolvers();
        await this.#change.promise;
        continue;
      }
      const rows = this.#unframed(chunk);
      if (rows.length > 0) return rows;
    }
    await this.#ended.promise;
    return undefined;
  }

  handleError(error: Error): void {
    this.#detach();
    this.#ended.reject(error);
  }

  handleReadyForQuery(): void {
    this.#ended.resolve();
  }

  handleCommandComplete(): void {}

  readonly #onReadable = () => this.#change.resolve();

  #unframed(chunk: Buffer): Buffer {
    const buffer = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    let at = 0;
    let to = 0;
    while (at < buffer.length) {
      if (this.#left > 0) {
        const bytes = Math.min(this.#left, buffer.length - at);
        if (this.#isRow) {
          buffer.copyWithin(to, at, at + bytes);
          to += bytes;
        }
        at += bytes;
        this.#left -= bytes;
        continue;
      }
      if (buffer.length - at < HEADER_BYTES) {
        this.#rest = Buffer.from(buffer.subarray(at));
        break;
      }
      const code = buffer[at]!;
      if (code !== COPY_DATA && !BETWEEN.has(code)) {
        // The end, or an error: the driver reads on from here.
        this.#detach(Buffer.from(buffer.subarray(code === COPY_DONE ? at + HEADER_BYTES : at)));
        break;
      }
      this.#isRow = code === COPY_DATA;
      this.#left = buffer.readUInt32BE(at + 1) - 4;
      at += HEADER_BYTES;
    }
    return buffer.subarray(0, to);
  }

  #detach(rest?: Buffer): void {
    const stream = this.#stream;
    const handler = this.#handler;
    const wasOver = this.#isOver;
    this.#isOver = true;
    this.#change.resolve();
    if (wasOver || !stream || !handler) return;
    stream.removeListener('readable', this.#onReadable);
    stream.on('data', handler);
    if (rest) handler(rest);
    // What the handler does may pause it.
    process.nextTick(() => stream.resume());
  }
}

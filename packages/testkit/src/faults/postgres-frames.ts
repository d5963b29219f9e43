/** A message of the PostgreSQL protocol. */
export interface Frame {
  /** The letter; empty for those before the start, which have none. */
  readonly type: string;
  readonly bytes: Buffer;
  readonly body: Buffer;
}

const CANCEL = 80_877_102;
const TLS = 80_877_103;
const GSS = 80_877_104;

/** Whether the server answers this first message with a single letter, and another first message follows. */
export const asksForEncryption = ({ type, body }: Frame): boolean =>
  type === '' && body.length === 4 && [TLS, GSS].includes(body.readInt32BE(0));

export const isCancel = ({ type, body }: Frame): boolean =>
  type === '' && body.length >= 4 && body.readInt32BE(0) === CANCEL;

/** Cuts a stream of bytes into messages; `typed` says whether the next one has a letter, and is asked for each. */
export function frameReader(typed: () => boolean): (chunk: Buffer, each: (frame: Frame) => void) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk, each) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const head = typed() ? 1 : 0;
      if (rest.length < head + 4) return;
      const size = head + rest.readInt32BE(head);
      if (rest.length < size) return;
      const bytes = rest.subarray(0, size);
      rest = rest.subarray(size);
      each({ type: bytes.toString('latin1', 0, head), bytes, body: bytes.subarray(head + 4) });
    }
  };
}

/** The zero-ended strings at the beginning of a body. */
export function strings(body: Buffer, count: number): string[] {
  const found: string[] = [];
  for (let at = 0; found.length < count;) {
    const end = body.indexOf(0, at);
    if (end < 0) break;
    found.push(body.toString('utf8', at, end));
    at = end + 1;
  }
  return found;
}

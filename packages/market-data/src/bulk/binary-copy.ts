/** Microseconds between 1970 and PostgreSQL's own epoch, 2000-01-01. */
const EPOCH_2000 = 946_684_800_000_000;

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const CHUNK = 64 * 1024;
/** For the digits of one amount. */
const scratch = Buffer.allocUnsafe(64);
/** More than the longest row of ours. */
const ROOM = 4096;

/**
 * Rows for `COPY … FROM STDIN (FORMAT binary)`, written field by field in the order of the columns. Chunks are filled and handed out:
 * memory stays that of one.
 */
export class BinaryRows {
  #buffer = Buffer.allocUnsafe(CHUNK);
  #at = 0;

  constructor() {
    this.#at = SIGNATURE.copy(this.#buffer);
    // No flags, no header extension.
    this.#int32(0);
    this.#int32(0);
  }

  /** A full chunk, where there is one: asked after each row. */
  taken(): Buffer | undefined {
    if (this.#at < CHUNK - ROOM) return undefined;
    const chunk = this.#buffer.subarray(0, this.#at);
    this.#buffer = Buffer.allocUnsafe(CHUNK);
    this.#at = 0;
    return chunk;
  }

  /** What is left, with the end of the rows. */
  end(): Buffer {
    this.#int16(0xffff);
    return this.#buffer.subarray(0, this.#at);
  }

  row(fields: number): void {
    this.#int16(fields);
  }

  none(): void {
    this.#int32(0xffffffff);
  }

  /** A text encoded once for many rows. */
  bytes(value: Buffer): void {
    this.#int32(value.length);
    this.#at += value.copy(this.#buffer, this.#at);
  }

  bool(value: boolean): void {
    this.#int32(1);
    this.#buffer[this.#at++] = value ? 1 : 0;
  }

  int4(value: number): void {
    this.#int32(4);
    this.#int32(value);
  }

  int8(value: number): void {
    this.#int32(8);
    const high = Math.floor(value / 4_294_967_296);
    this.#int32(high);
    this.#int32(value - high * 4_294_967_296);
  }

  /** From microseconds since 1970. */
  timestamptz(micros: number): void {
    this.int8(micros - EPOCH_2000);
  }

  /** From a canonical decimal that is zero or above: digits to the base of 10 000, four decimal ones each, counted from the point. */
  numeric(value: string): void {
    const buffer = this.#buffer;
    const length = scratch.write(value, 'latin1');
    let point = 0;
    while (point < length && scratch[point] !== 46) point += 1;
    const scale = point < length ? length - point - 1 : 0;
    let at = this.#at + 12;
    let end = at;
    let weight = -1;
    // Groups before the first that is not zero are not written, nor those after the last.
    let from = 0;
    for (let place = ((point + 3) >> 2) - 1; place >= 0; place -= 1) {
      const to = point - place * 4;
      let group = 0;
      for (; from < to; from += 1) group = group * 10 + scratch[from]! - 48;
      if (group === 0 && weight < 0) continue;
      if (weight < 0) weight = place;
      buffer[at] = group >> 8;
      buffer[at + 1] = group & 0xff;
      at += 2;
      if (group !== 0) end = at;
    }
    let started = weight >= 0;
    for (let read = point + 1, place = -1; read < length; read += 4, place -= 1) {
      let group = 0;
      for (let i = read; i < read + 4; i += 1) group = group * 10 + (i < length ? scratch[i]! - 48 : 0);
      if (group === 0 && !started) continue;
      if (!started) {
        weight = place;
        started = true;
      }
      buffer[at] = group >> 8;
      buffer[at + 1] = group & 0xff;
      at += 2;
      if (group !== 0) end = at;
    }
    const digits = (end - this.#at - 12) >> 1;
    this.#int32(8 + digits * 2);
    this.#int16(digits);
    this.#int16((digits === 0 ? 0 : weight) & 0xffff);
    this.#int16(0);
    this.#int16(scale);
    this.#at = end;
  }

  #int16(value: number): void {
    const buffer = this.#buffer;
    buffer[this.#at] = value >> 8;
    buffer[this.#at + 1] = value & 0xff;
    this.#at += 2;
  }

  #int32(value: number): void {
    const buffer = this.#buffer;
    buffer[this.#at] = value >>> 24;
    buffer[this.#at + 1] = value >>> 16;
    buffer[this.#at + 2] = value >>> 8;
    buffer[this.#at + 3] = value;
    this.#at += 4;
  }
}

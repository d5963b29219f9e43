/** Microseconds between 1970 and PostgreSQL's own epoch, 2000-01-01. */
const EPOCH_2000 = 946_684_800_000_000;

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const CHUNK = 64 * 1024;
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
    const lengthAt = this.#at;
    let at = lengthAt + 12;
    const point = value.indexOf('.');
    const whole = point < 0 ? value.length : point;
    const scale = point < 0 ? 0 : value.length - point - 1;
    let digits = 0;
    let weight = -1;
    let pending = 0;
    const put = (group: number, place: number) => {
      if (digits === 0) {
        if (group === 0) return;
        weight = place;
      }
      // Zeros inside are written once something follows them; those at the end never are.
      if (group === 0) {
        pending += 1;
        return;
      }
      for (; pending > 0; pending -= 1, digits += 1, at += 2) buffer.writeUInt16BE(0, at);
      buffer[at] = group >> 8;
      buffer[at + 1] = group & 0xff;
      at += 2;
      digits += 1;
    };
    const groups = (whole + 3) >> 2;
    let from = 0;
    for (let group = 0; group < groups; group += 1) {
      const to = whole - (groups - 1 - group) * 4;
      let number = 0;
      for (; from < to; from += 1) number = number * 10 + value.charCodeAt(from) - 48;
      put(number, groups - 1 - group);
    }
    for (let read = 0, place = -1; read < scale; read += 4, place -= 1) {
      let number = 0;
      for (let i = 0; i < 4; i += 1)
        number = number * 10 + (read + i < scale ? value.charCodeAt(point + 1 + read + i) - 48 : 0);
      put(number, place);
    }
    this.#int32(8 + digits * 2);
    this.#int16(digits);
    this.#int16((digits === 0 ? 0 : weight) & 0xffff);
    this.#int16(0);
    this.#int16(scale);
    this.#at = at;
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

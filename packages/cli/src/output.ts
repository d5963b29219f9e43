import { styleText } from 'node:util';

export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** Results go to stdout, everything about the work itself to stderr. */
export class Output {
  readonly #stdout: Stream;
  readonly #stderr: Stream;
  readonly #colours: boolean;
  #line = '';

  constructor(stdout: Stream, stderr: Stream, env: Readonly<Record<string, string | undefined>>) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#colours = stdout.isTTY === true && !env['NO_COLOR'];
  }

  /** Whether progress is seen as it goes. */
  get isTerminal(): boolean {
    return this.#stderr.isTTY === true;
  }

  print(text: string): void {
    this.#clear();
    this.#stdout.write(`${text}\n`);
  }

  json(value: unknown): void {
    this.print(JSON.stringify(value, undefined, 2));
  }

  /** A line about what happens now: the next one takes its place on a terminal, and stands below it elsewhere. */
  progress(text: string): void {
    if (this.#stderr.isTTY) {
      this.#clear();
      this.#line = text;
      this.#stderr.write(text);
    } else {
      this.#stderr.write(`${text}\n`);
    }
  }

  /** Progress of work with known steps: a bar on a terminal. */
  step(done: number, total: number, label: string): void {
    this.progress(this.#stderr.isTTY ? bar(done, total, label) : `${done}/${total} ${label}`);
  }

  /** A line to keep. */
  note(text: string): void {
    this.#clear();
    this.#stderr.write(`${text}\n`);
  }

  colour(colour: 'green' | 'yellow' | 'red' | 'dim', text: string): string {
    return this.#colours ? styleText(colour, text, { validateStream: false }) : text;
  }

  /** Ends the line of progress, if there is one. */
  #clear(): void {
    if (this.#line) this.#stderr.write('\r\u001b[2K');
    this.#line = '';
  }

  done(): void {
    this.#clear();
  }
}

const WIDTH = 24;

/** `[########----------------]  8/24 exchange/0002_create_markets` */
export function bar(done: number, total: number, label: string): string {
  const filled = total === 0 ? WIDTH : Math.min(WIDTH, Math.round((done / total) * WIDTH));
  const count = `${String(done).padStart(String(total).length)}/${total}`;
  return `[${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}] ${count} ${label}`;
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, i) => Math.max(cell.length, all[i] ?? 0)), []);
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

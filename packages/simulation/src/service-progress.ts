import { type ProgressStream, grouped } from './progress.ts';

export interface ServiceProgressOptions<Name extends string> {
  /** In the order of their lines. */
  readonly services: readonly Name[];
  readonly quiet?: boolean;
  readonly stream?: ProgressStream;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

export interface ServiceProgress<Name extends string> {
  /** What a service is at, in words, or how many (of `what`) it has done so far. */
  set(service: Name, done: string | number, what?: string): void;
  /** A line of its own, above those of the services. */
  say(line: string): void;
  /** Writes where each service got to. Nothing is drawn after it. */
  end(): void;
}

const REDRAW_MS = 100;
const LINE_MS = 5_000;
const CLEAR_TO_END = '\u001B[K';
const up = (lines: number) => (lines > 0 ? `\u001B[${lines}A` : '');

/**
 * Progress of several services beside each other. On a terminal a line each, drawn over itself; elsewhere, and where the terminal has
 * too few rows, a plain line every five seconds of each that has moved.
 */
export function startServiceProgress<const Name extends string>({
  services,
  quiet = false,
  stream = process.stderr,
  now = () => performance.now(),
}: ServiceProgressOptions<Name>): ServiceProgress<Name> {
  const isLive = stream.isTTY === true && (stream.rows || 24) > services.length;
  const width = Math.max(...services.map((name) => name.length));
  const startedAt = now();
  const texts = new Map<Name, string>(services.map((name) => [name, 'waiting']));
  const moved = new Set<Name>();
  let shownAt = startedAt;
  let drawn = 0;
  let ended = false;

  const write = (text: string) => void (quiet || stream.write(text));
  const lineOf = (name: Name) => `${name.padEnd(width)}  ${texts.get(name)}`;
  const cut = (line: string) => line.slice(0, (stream.columns || 80) - 1);

  function draw(above = ''): void {
    const lines = services.map((name) => `\r${cut(lineOf(name))}${CLEAR_TO_END}\n`);
    write(up(drawn) + above + lines.join(''));
    drawn = lines.length;
  }

  function show(at: number): void {
    shownAt = at;
    if (isLive) draw();
    else for (const name of services) if (moved.has(name)) write(`${lineOf(name)}\n`);
    moved.clear();
  }

  return {
    set(service, done, what = 'done') {
      if (!texts.has(service)) throw new RangeError(`no progress is shown of ${service}`);
      const at = now();
      const pace = typeof done === 'number' ? done / (Math.max(at - startedAt, 1) / 1000) : 0;
      const text = typeof done === 'string' ? done : `${grouped(done)} ${what}, ${grouped(pace)}/s`;
      if (ended || texts.get(service) === text) return;
      texts.set(service, text);
      moved.add(service);
      if (at - shownAt >= (isLive ? REDRAW_MS : LINE_MS)) show(at);
    },
    say(line) {
      if (isLive && drawn > 0) draw(`\r${cut(line)}${CLEAR_TO_END}\n`);
      else write(`${line}\n`);
    },
    end() {
      if (!ended) show(now());
      ended = true;
    },
  };
}

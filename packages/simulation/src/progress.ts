/** Where progress goes: process.stderr, or what a test reads. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** What is being done and to what: 'Settling', 'trades'. */
  readonly doing: string;
  readonly what: string;
  /** How many there will be, where that is known. */
  readonly total?: number;
  readonly quiet?: boolean;
  readonly stream?: ProgressStream;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

export interface Progress {
  add(count?: number): void;
  /** The same items, each counted as it passes. */
  through<T>(items: AsyncIterable<T>): AsyncGenerator<T>;
  /** Writes the last line and answers what was done. */
  end(): { count: number; seconds: number; perSecond: number };
}

const BAR_WIDTH = 24;
const REDRAW_MS = 100;
const LINE_MS = 5_000;

/** Progress of a long piece of work: a live bar on a terminal, elsewhere a plain line every five seconds and one at the end. */
export function startProgress({
  doing,
  what,
  total,
  quiet = false,
  stream = process.stderr,
  now = () => performance.now(),
}: ProgressOptions): Progress {
  const isLive = stream.isTTY === true;
  const startedAt = now();
  let shownAt = startedAt;
  let count = 0;

  const elapsed = () => Math.max(now() - startedAt, 1) / 1000;
  const write = (text: string, ending: string) => {
    if (!quiet)
      stream.write(isLive ? `\r${text.slice(0, (stream.columns || 80) - 1)}\u001B[K${ending}` : `${text}${ending}`);
  };

  function show(at: number): void {
    shownAt = at;
    const rate = count / elapsed();
    const pace = `${grouped(rate)}/s`;
    if (total === undefined) return write(`${doing}: ${grouped(count)} ${what}, ${pace}`, isLive ? '' : '\n');
    const done = Math.min(count / Math.max(total, 1), 1);
    const percent = `${Math.floor(done * 100)}%`;
    const left = rate > 0 ? `, ${duration((total - count) / rate)} left` : '';
    if (!isLive)
      return write(`${doing}: ${grouped(count)} of ${grouped(total)} ${what} (${percent}), ${pace}${left}`, '\n');
    const filled = Math.round(done * BAR_WIDTH);
    write(
      `${doing} [${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${percent.padStart(4)}  ${grouped(count)} of ${grouped(total)} ${what}, ${pace}${left}`,
      '',
    );
  }

  function add(by = 1): void {
    count += by;
    const at = now();
    if (at - shownAt >= (isLive ? REDRAW_MS : LINE_MS)) show(at);
  }

  return {
    add,
    async *through(items) {
      for await (const item of items) {
        add();
        yield item;
      }
    },
    end() {
      const seconds = elapsed();
      const perSecond = count / seconds;
      write(`${doing}: ${grouped(count)} ${what} in ${duration(seconds)}, ${grouped(perSecond)}/s`, '\n');
      return { count, seconds, perSecond };
    },
  };
}

/** A number for people: digits in threes, a fraction only where there is little else. */
export function grouped(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
}

export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${grouped(Math.max(seconds, 0))} s`;
}

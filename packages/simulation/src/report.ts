import { grouped } from './progress.ts';

/** One identity that was checked: over how many things, and what did not agree. */
export interface Invariant {
  readonly name: string;
  readonly ok: boolean;
  readonly compared: number;
  /** What differs, for people; only where something does. */
  readonly problem?: string;
}

export interface Findings {
  /** What was read: source, symbol, prints, range. */
  readonly input: Readonly<Record<string, string | number>>;
  /** What the adapter holds at the end. */
  readonly counts: Readonly<Record<string, number>>;
  /** Seconds, and how many of what a second. */
  readonly rates: Readonly<Record<string, number>>;
  readonly invariants: readonly Invariant[];
  /** Which servers these were; with --keep also how to look at them. */
  readonly servers: Readonly<Record<string, string>>;
}

export interface Report extends Findings {
  readonly ok: boolean;
}

/** Whether all is well: there are invariants, each holds, and each compared something. */
export function reportOf(findings: Findings): Report {
  const { invariants } = findings;
  return { ok: invariants.length > 0 && invariants.every(holds), ...findings };
}

/** The report for people: sections of aligned lines, and a last line that says how it ended. */
export function formatReport({ ok, input, counts, rates, invariants, servers }: Report): string {
  const failed = invariants.filter((invariant) => !holds(invariant)).length;
  return [
    ...section(
      'Input',
      Object.entries(input).map(([name, value]) => [words(name), typeof value === 'number' ? grouped(value) : value]),
    ),
    ...section(
      'The adapter holds',
      Object.entries(counts).map(([name, value]) => [words(name), grouped(value)]),
    ),
    ...section(
      'Rates',
      Object.entries(rates).map(([name, value]) => [words(name), grouped(value)]),
    ),
    ...section(
      'Servers',
      Object.entries(servers).map(([name, value]) => [words(name), value]),
    ),
    ...section('Invariants', invariants.map(invariantRow)),
    ok
      ? `All ${invariants.length} invariants hold.`
      : invariants.length === 0
        ? 'No invariant was checked.'
        : `${failed} of ${invariants.length} invariants FAILED.`,
    '',
  ].join('\n');
}

function holds({ ok, compared }: Invariant): boolean {
  return ok && compared > 0;
}

function invariantRow(invariant: Invariant): [string, string] {
  const { name, compared, problem } = invariant;
  const compares = compared > 0 ? `compared ${grouped(compared)}` : 'compared nothing';
  return [name, `${holds(invariant) ? 'ok    ' : 'FAILED'}  ${compares}${problem === undefined ? '' : `: ${problem}`}`];
}

function section(title: string, rows: readonly (readonly [name: string, value: string])[]): string[] {
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [title, ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`), ''];
}

/** `tradesPerSecond` as `trades per second`. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

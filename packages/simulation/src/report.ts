import type { Holdings } from './holdings.ts';
import { grouped } from './progress.ts';

/** One identity that was checked: over how many things, and what did not agree. */
export interface Invariant {
  readonly name: string;
  readonly ok: boolean;
  readonly compared: number;
  /** What differs, for people; only where something does. */
  readonly problem?: string;
}

/** Of so many problems an invariant tells, at most. */
const MOST_TOLD = 10;

/** An invariant that holds where nobody found a problem. */
export const invariantOf = (name: string, compared: number, problems: readonly string[]): Invariant => ({
  name,
  ok: problems.length === 0,
  compared,
  ...(problems.length > 0 && { problem: problems.slice(0, MOST_TOLD).join('; ') }),
});

/** What services did, by service. */
export type Done = Readonly<Record<string, Readonly<Record<string, string | number>>>>;

export interface Findings {
  /** What was read: source, symbol, prints, range. */
  readonly input: Readonly<Record<string, string | number>>;
  /** Which scenario was run with which seed, and what became of it and of its faults. */
  readonly scenario: Readonly<Record<string, string | number>>;
  /** Merkle root over what all events say, in hexadecimal: the same for the same input, scenario and seed. */
  readonly scenarioRoot: string;
  /** How many of what there are at the end. */
  readonly counts: Readonly<Record<string, number>>;
  /** What the adapter holds at the end. */
  readonly holdings: Holdings;
  /** What the services around the exchange did, by service. */
  readonly services: Done;
  /** How one trade came about and what followed from it, a line each. */
  readonly chain: readonly string[];
  /** Seconds, and how many of what a second. */
  readonly rates: Readonly<Record<string, number>>;
  readonly invariants: readonly Invariant[];
  /** Which servers these were. */
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
export function formatReport({
  ok,
  input,
  scenario,
  scenarioRoot,
  counts,
  holdings,
  services,
  chain,
  rates,
  invariants,
  servers,
}: Report): string {
  const failed = invariants.filter((invariant) => !holds(invariant)).length;
  return [
    ...section('Input', named(input)),
    ...section('Scenario', named({ ...scenario, scenarioRoot })),
    ...section('Counts', named(counts)),
    ...section('Orders', named(holdings.orders)),
    ...section('Balances', balanceRows(holdings), ['account', 'asset', 'total', 'held']),
    ...section(`Book after change ${grouped(holdings.book.sequence)}`, bookRows(holdings), [
      'side',
      'price',
      'quantity',
      'orders',
    ]),
    ...Object.entries(services).flatMap(([service, done]) => section(service, named(done))),
    ...section(
      'How the first trade came about, and what followed',
      chain.map((line) => [line]),
    ),
    ...section('Rates', named(rates)),
    ...section('Servers', named(servers)),
    ...section('Invariants', invariants.map(invariantRow)),
    ok
      ? `All ${invariants.length} invariants hold.`
      : invariants.length === 0
        ? 'No invariant was checked.'
        : `${failed} of ${invariants.length} invariants FAILED.`,
    '',
  ].join('\n');
}

function balanceRows({ accounts }: Holdings): string[][] {
  return accounts.flatMap(({ accountId, balances }) =>
    balances.map(({ asset, total, held }) => [accountId, asset, total, held]),
  );
}

/** As a screen shows it: the asks above the bids, and between them the last price. */
function bookRows({ book, lastPrice }: Holdings): string[][] {
  const rows = (side: string, levels: typeof book.asks) =>
    levels.map(({ price, quantity, orders }) => [side, price, quantity, grouped(orders)]);
  const last = lastPrice === undefined ? [] : [['last', lastPrice]];
  return [...rows('ask', book.asks).toReversed(), ...last, ...rows('bid', book.bids)];
}

/** One that compared nothing has shown nothing. */
export function holds({ ok, compared }: Invariant): boolean {
  return ok && compared > 0;
}

function invariantRow(invariant: Invariant): string[] {
  const { compared, problem, name } = invariant;
  const compares = compared > 0 ? `compared ${grouped(compared)}` : 'compared nothing';
  return [name, holds(invariant) ? 'ok' : 'FAILED', `${compares}${problem === undefined ? '' : `: ${problem}`}`];
}

/** `tradesPerSecond` as `trades per second`. */
function named(values: Readonly<Record<string, string | number>>): string[][] {
  return Object.entries(values).map(([name, value]) => [
    name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
    typeof value === 'number' ? grouped(value) : value,
  ]);
}

/** Lines of cells in columns, under a title and what the columns are; nothing where there are none. */
function section(title: string, rows: readonly (readonly string[])[], columns?: readonly string[]): string[] {
  if (rows.length === 0) return [];
  const lines = columns === undefined ? rows : [columns, ...rows];
  const width = (column: number) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0));
  return [
    title,
    ...lines.map((cells) => `  ${cells.map((cell, i) => cell.padEnd(width(i))).join('  ')}`.trimEnd()),
    '',
  ];
}

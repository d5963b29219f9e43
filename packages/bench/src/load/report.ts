import type { Invariant } from '@tse/simulation';
import { RULE, faultsOf, kneeOf } from './knee.ts';
import type { PortRow } from './latencies.ts';
import type { Stage } from './run-stage.ts';
import { HOPS } from './services.ts';

export interface LoadReport {
  readonly source: string;
  readonly recordedPerSecond: number;
  /** In the order in which they were run. */
  readonly stages: readonly Stage[];
  /** The multiple; absent where not even the first one held. */
  readonly knee?: number;
  /** Events that nobody had read in the end. */
  readonly left: { readonly audit: number; readonly inbox: number };
  readonly invariants: readonly Invariant[];
}

/** Tables for people: the stages from the slowest to the fastest, what each port took in each, the knee, and what holds. */
export function linesOf({ source, recordedPerSecond, stages, invariants }: LoadReport): string[] {
  const sorted = stages.toSorted((a, b) => a.multiple - b.multiple);
  const knee = kneeOf(stages);
  const broken = invariants.filter(({ ok }) => !ok);
  return [
    `${source}: ${recordedPerSecond.toPrecision(3)} prints a second as recorded (×1)`,
    '',
    ...table([STAGE_HEAD, ...sorted.map(stageCells)]),
    '',
    'p50/p99 in milliseconds, from when a call was due; errors behind it',
    ...table(portCells(sorted)),
    ...sorted.flatMap(errorsOf),
    '',
    knee === undefined
      ? 'no knee: the first multiple did not hold'
      : `knee: ×${knee.multiple}, ${knee.donePerSecond.toFixed(1)} prints a second done of ${knee.offeredPerSecond.toFixed(1)} offered`,
    `rule of the ${RULE}`,
    broken.length === 0
      ? `all ${invariants.length} invariants hold`
      : `${broken.length} of ${invariants.length} invariants do not hold`,
    ...broken.map(({ name, problem }) => `  ${name}: ${problem}`),
  ];
}

const STAGE_HEAD =
  'multiple|offered/s|done/s|done|failed|relay s|audit s|inbox s|drained s|cpu|busy|rss MB|MB/min|kept MB|holds'.split(
    '|',
  );

function stageCells(stage: Stage): string[] {
  const { multiple, offered, done, offeredPerSecond, donePerSecond, failed, unsent, lags, kept, memory } = stage;
  const faults = faultsOf(stage);
  const lag = ({ age }: Stage['lags']['relay']) => `${age.p50.toFixed(2)}/${age.max.toFixed(2)}`;
  return [
    `×${multiple}`,
    offeredPerSecond.toFixed(1),
    donePerSecond.toFixed(1),
    percent(offered === 0 ? 1 : done / offered),
    String(failed + unsent),
    lag(lags.relay),
    lag(lags.audit),
    lag(lags.inbox),
    stage.drainSeconds.toFixed(1),
    percent(stage.cpu),
    percent(stage.busy),
    memory.rss.toFixed(0),
    memory.rssSlope.toFixed(1),
    `${kept.before.toFixed(1)}→${kept.after.toFixed(1)}`,
    faults.length === 0 ? 'yes' : `no: ${faults.join(', ')}`,
  ];
}

function portCells(stages: readonly Stage[]): string[][] {
  const names = [...new Set(stages.flatMap(({ ports }) => ports.map(({ port }) => port)))];
  const sorted = names.toSorted((a, b) => Number(a.startsWith(HOPS)) - Number(b.startsWith(HOPS)) || (a < b ? -1 : 1));
  return [
    ['', ...stages.map(({ multiple }) => `×${multiple}`)],
    ...sorted.map((name) => [name, ...stages.map(({ ports }) => portCell(ports.find(({ port }) => port === name)))]),
  ];
}

function portCell(row: PortRow | undefined): string {
  if (row === undefined) return '-';
  const errors = Object.values(row.errors).reduce((sum, count) => sum + count, 0);
  return `${digits(row.p50)}/${digits(row.p99)}${errors === 0 ? '' : ` !${errors}`}`;
}

function errorsOf({ multiple, ports }: Stage): string[] {
  const found = ports.flatMap(({ port, errors }) =>
    Object.entries(errors).map(([code, count]) => `${port} ${code} ${count} times`),
  );
  return found.length === 0 ? [] : [`errors at ×${multiple}: ${found.join(', ')}`];
}

const digits = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0));
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** The first column to the left, all others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length)));
  return rows.map((cells) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}

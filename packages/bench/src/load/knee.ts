import { median } from '../measure.ts';

/** What the rule asks of a stage. */
export interface Judged {
  readonly multiple: number;
  /** Prints that were due up to a second before its end, and those of them that were done by then. */
  readonly offered: number;
  readonly done: number;
  /** Seconds by which the age of the oldest waiting event rose. */
  readonly rise: { readonly relay: number; readonly audit: number; readonly inbox: number };
  /** Megabytes kept before and after it, with nothing under way. */
  readonly kept: { readonly before: number; readonly after: number };
}

const DONE = 0.99;
const MOST_RISE_S = 1;
const KEPT_SHARE = 0.1;
const KEPT_MB = 8;

export const RULE =
  'knee: the highest multiple below which, and at which, every stage did 99 % of what was due up to a second before its end, no lag rose ' +
  '(the median age of the oldest waiting event in the last quarter of the stage at most 1 s above that of the second), ' +
  'and memory stayed (what is kept after a full collection, drained, at most a tenth or 8 MB above what it was before the stage)';

/** How much later the last quarter of a series lies than its second one, by their medians: the first warms up. */
export function riseOf(series: readonly number[]): number {
  const quarter = Math.floor(series.length / 4);
  if (quarter === 0) return 0;
  return median(series.slice(-quarter)) - median(series.slice(quarter, 2 * quarter));
}

/** What speaks against a stage; nothing where it holds. */
export function faultsOf({ offered, done, rise, kept }: Judged): string[] {
  const late = (['relay', 'audit', 'inbox'] as const).filter((of) => rise[of] > MOST_RISE_S);
  const grown = kept.after - kept.before;
  return [
    ...(done < DONE * offered ? ['done'] : []),
    ...late.map((of) => `${of} lag`),
    ...(grown > Math.max(KEPT_MB, KEPT_SHARE * kept.before) ? ['memory'] : []),
  ];
}

/** The stages at and below the knee end with the highest that holds and has none below it that does not. */
export function kneeOf<Stage extends Judged>(stages: readonly Stage[]): Stage | undefined {
  const lowestBad = Math.min(...stages.filter((stage) => faultsOf(stage).length > 0).map(({ multiple }) => multiple));
  return stages
    .filter(({ multiple }) => multiple < lowestBad)
    .reduce<Stage | undefined>((best, stage) => (best && best.multiple >= stage.multiple ? best : stage), undefined);
}

/** Doubles until one does not hold, then halves what is between the last that does and the first that does not. */
export function nextMultiple(stages: readonly Judged[], first: number): number {
  if (stages.length === 0) return first;
  const bad = stages.filter((stage) => faultsOf(stage).length > 0).map(({ multiple }) => multiple);
  const best = kneeOf(stages)?.multiple;
  if (bad.length === 0) return 2 * Math.max(...stages.map(({ multiple }) => multiple));
  const worst = Math.min(...bad);
  return best === undefined ? worst / 2 : rounded(Math.sqrt(best * worst));
}

/** To two digits, where it has more. */
function rounded(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.round(value / unit) * unit;
}

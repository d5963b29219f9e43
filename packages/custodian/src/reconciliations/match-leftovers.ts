import { type Decimal, type Instant, decimal, instant } from '@tse/core';
import type { BreakKind } from './break-states.ts';
import { coveringSet } from './covering-set.ts';

/** What a statement says, from our side: positive came in. */
export interface Line {
  lineId: number;
  externalId: string;
  accountId: string;
  asset: string;
  amount: Decimal;
  /** Our transaction, where the source knows it. */
  reference?: string;
  /** How many lines before it said the same. */
  occurrence: number;
  at: Instant;
}

/** One movement of ours. */
export interface Entry {
  transactionId: string;
  line: number;
  accountId: string;
  asset: string;
  amount: Decimal;
  at: Instant;
}

export interface Tolerances {
  amountTolerance: Decimal;
  dateToleranceMs: number;
  mostInGroup: number;
}

/** By which rule: `twin` and `tolerance` by the reference, `sum` by its total, `amount` and `covering` without any reference. */
export interface Found {
  rule: 'twin' | 'tolerance' | 'sum' | 'amount' | 'covering';
  lines: Line[];
  entries: Entry[];
  /** Theirs less ours. */
  difference: Decimal;
}

/** What is missing on a side is left out. */
export interface Difference {
  kind: BreakKind;
  line?: Line;
  entry?: Entry;
}

const total = (items: readonly { amount: Decimal }[]) => decimal.sum(items.map(({ amount }) => amount));
const byTime = (a: { at: Instant }, b: { at: Instant }) => instant.compare(a.at, b.at);

/**
 * Matches what a plain comparison by reference has left, the surest rule first, and names what is left then. Every line and every entry comes
 * out once. The order of the input decides between equals, so the same input has the same result.
 */
export function matchLeftovers(
  lines: readonly Line[],
  entries: readonly Entry[],
  { amountTolerance, dateToleranceMs, mostInGroup }: Tolerances,
): { matches: Found[]; differences: Difference[] } {
  const freeLines = new Set(lines.toSorted(byTime));
  const freeEntries = new Set(entries.toSorted(byTime));
  const matches: Found[] = [];
  const differences: Difference[] = [];

  const near = (a: { at: Instant }, b: { at: Instant }) =>
    Math.abs(instant.millis(a.at) - instant.millis(b.at)) <= dateToleranceMs;
  const distance = (a: { at: Instant }, b: { at: Instant }) => Math.abs(instant.millis(a.at) - instant.millis(b.at));
  const tolerable = (difference: Decimal) => decimal.compare(decimal.abs(difference), amountTolerance) <= 0;
  const take = (rule: Found['rule'], ls: Line[], es: Entry[]) => {
    matches.push({ rule, lines: ls, entries: es, difference: decimal.minus(total(ls), total(es)) });
    for (const line of ls) freeLines.delete(line);
    for (const entry of es) freeEntries.delete(entry);
  };

  const referenced = Map.groupBy(entries, (entry) => entry.transactionId);
  const sameReference = (line: Line, asset = line.asset) =>
    (line.reference === undefined ? [] : (referenced.get(line.reference) ?? [])).filter(
      (entry) => freeEntries.has(entry) && entry.accountId === line.accountId && entry.asset === asset,
    );

  for (const line of freeLines) {
    const twin = sameReference(line).find((entry) => entry.amount === line.amount && near(line, entry));
    if (twin) take('twin', [line], [twin]);
  }
  for (const line of freeLines) {
    const close = sameReference(line)
      .filter((entry) => near(line, entry) && tolerable(decimal.minus(line.amount, entry.amount)))
      .sort((a, b) => compareDistance(line.amount, a.amount, b.amount))[0];
    if (close) take('tolerance', [line], [close]);
  }
  const groups = Map.groupBy(
    [...freeLines].filter(({ reference }) => reference !== undefined),
    (line) => `${line.accountId} ${line.asset} ${line.reference}`,
  );
  for (const group of groups.values()) {
    const ours = sameReference(group[0]!);
    if (ours.length === 0 || (group.length > 1 && ours.length > 1)) continue;
    const isNear = group.every((line) => ours.every((entry) => near(line, entry)));
    if (isNear && tolerable(decimal.minus(total(group), total(ours)))) take('sum', group, ours);
  }

  const ofAmount = Map.groupBy(entries, (entry) => `${entry.accountId} ${entry.asset} ${entry.amount}`);
  const ofHolding = Map.groupBy(entries, (entry) => `${entry.accountId} ${entry.asset}`);
  const candidates = (line: Line) =>
    (ofHolding.get(`${line.accountId} ${line.asset}`) ?? [])
      .filter((entry) => freeEntries.has(entry) && near(line, entry))
      .sort((a, b) => distance(line, a) - distance(line, b));
  for (const line of freeLines) {
    if (line.reference !== undefined) continue;
    const same = (ofAmount.get(`${line.accountId} ${line.asset} ${line.amount}`) ?? [])
      .filter((entry) => freeEntries.has(entry) && near(line, entry))
      .sort((a, b) => distance(line, a) - distance(line, b))[0];
    if (same) take('amount', [line], [same]);
  }
  for (const line of freeLines) {
    if (line.reference !== undefined) continue;
    const some = candidates(line);
    const places = coveringSet(
      some.map(({ amount }) => amount),
      line.amount,
      mostInGroup,
    );
    if (places)
      take(
        'covering',
        [line],
        places.map((place) => some[place]!),
      );
  }
  const unnamed = Map.groupBy(
    [...freeLines].filter(({ reference }) => reference === undefined),
    (line) => `${line.accountId} ${line.asset}`,
  );
  for (const entry of freeEntries) {
    const some = (unnamed.get(`${entry.accountId} ${entry.asset}`) ?? [])
      .filter((line) => freeLines.has(line) && near(line, entry))
      .sort((a, b) => distance(entry, a) - distance(entry, b));
    const places = coveringSet(
      some.map(({ amount }) => amount),
      entry.amount,
      mostInGroup,
    );
    if (places)
      take(
        'covering',
        places.map((place) => some[place]!),
        [entry],
      );
  }

  for (const line of freeLines) {
    const [same] = sameReference(line).sort((a, b) => compareDistance(line.amount, a.amount, b.amount));
    const [other] = same
      ? []
      : (referenced.get(line.reference ?? '') ?? []).filter(
          (entry) => freeEntries.has(entry) && entry.accountId === line.accountId,
        );
    if (same)
      differences.push({ kind: same.amount === line.amount ? 'date-differs' : 'amount-differs', line, entry: same });
    else if (other) differences.push({ kind: 'asset-differs', line, entry: other });
    else differences.push({ kind: line.occurrence > 0 ? 'duplicate-line' : 'missing-ours', line });
    const paired = same ?? other;
    if (paired) freeEntries.delete(paired);
  }
  for (const entry of freeEntries) differences.push({ kind: 'missing-theirs', entry });
  return { matches, differences };
}

const compareDistance = (from: Decimal, a: Decimal, b: Decimal) =>
  decimal.compare(decimal.abs(decimal.minus(from, a)), decimal.abs(decimal.minus(from, b)));

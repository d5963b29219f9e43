import type { Decimal, Instant } from '@tse/core';
import type { Difference, Entry, Line } from './match-leftovers.ts';
import type { FoundBreak } from './reconciliation-runs.repository.ts';

/** A row of the comparison: a line, an entry, or both where they differ in time alone. */
type Leftover = readonly [line: LineTuple | null, entry: EntryTuple | null];
type LineTuple = [number, string, string, string, Decimal, string | null, number, Instant];
type EntryTuple = [string, number, string, string, Decimal, Instant];

const toLine = ([lineId, externalId, accountId, asset, amount, reference, occurrence, at]: LineTuple): Line => ({
  lineId,
  externalId,
  accountId,
  asset,
  amount,
  ...(reference !== null && { reference }),
  occurrence,
  at,
});
const toEntry = ([transactionId, line, accountId, asset, amount, at]: EntryTuple): Entry => ({
  transactionId,
  line,
  accountId,
  asset,
  amount,
  at,
});

export function toFound(source: string, { kind, line, entry }: Difference): FoundBreak {
  const { accountId, asset, at } = (line ?? entry)!;
  return {
    key: line ? `line:${source}:${line.externalId}` : `entry:${source}:${entry!.transactionId}#${entry!.line}`,
    kind,
    accountId,
    asset,
    lineId: line?.lineId,
    txId: entry?.transactionId,
    n: entry?.line,
    // Of another asset it is nothing to subtract from.
    ours: kind === 'asset-differs' ? undefined : entry?.amount,
    theirs: line?.amount,
    at,
  };
}

/** Both sides of what a comparison has left, in an order of their own: a join has none. `apart`: how many are the same but for their time. */
export function leftoversOf(texts: readonly string[]): { lines: Line[]; entries: Entry[]; apart: number } {
  const leftovers = texts.map((text) => JSON.parse(text) as Leftover);
  const lines = leftovers.flatMap(([line]) => (line ? [toLine(line)] : []));
  const entries = leftovers.flatMap(([, entry]) => (entry ? [toEntry(entry)] : []));
  lines.sort((a, b) => a.lineId - b.lineId);
  entries.sort((a, b) =>
    a.transactionId < b.transactionId ? -1 : a.transactionId > b.transactionId ? 1 : a.line - b.line,
  );
  return { lines, entries, apart: leftovers.filter(([line, entry]) => line && entry).length };
}

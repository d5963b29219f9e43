import type { Instant } from '@tse/core';
import { type Evaluated, type Found, type Member, findings, grouped, isOver, valuesOf } from './correlation-rules.ts';
import type { CorrelationBy, CorrelationRule } from './correlations.ts';

const LONGEST_KEY = 256;

/** An event as rules see it; its payload only where they look into it. */
export interface EventRow {
  position: number;
  source: string;
  type: string;
  occurred_at: Instant;
  recorded_at: Instant;
  correlation_id: string | null;
  trace_id: string | null;
  run_id: string | null;
  aggregate_id: string;
  payload: string | null;
}

export type Judged = Found & { key: string };

/** Adds events to the open groups and answers what is found in those that ended; without a `now` all of them end. */
export function portion(
  rule: CorrelationRule,
  open: Map<string, Member[]>,
  rows: readonly EventRow[],
  now: Instant | undefined,
): Judged[] {
  const added = new Map<string, Member[]>();
  for (const row of rows) {
    const { position, source, type, occurred_at: at, recorded_at: recordedAt } = row;
    for (const key of keysOf(rule.by, row)) {
      const members = added.get(key);
      if (members) members.push({ position, source, type, at, recordedAt });
      else added.set(key, [{ position, source, type, at, recordedAt }]);
    }
  }
  const evaluated: Evaluated = { ...rule, within: rule.withinMs, settle: rule.settleMs };
  const judged: Judged[] = [];
  const judge = (key: string, group: readonly Member[]) =>
    judged.push(...findings(evaluated, group).map((found) => ({ ...found, key })));
  for (const [key, members] of added) {
    const groups = grouped(open.get(key) ?? [], members, rule.settleMs);
    for (const group of groups.ended) judge(key, group);
    open.set(key, groups.open);
  }
  for (const [key, members] of open) {
    if (now !== undefined && !isOver(members.at(-1)!, now, rule.settleMs)) continue;
    judge(key, members);
    open.delete(key);
  }
  return judged;
}

const keysBy: Record<CorrelationBy, (row: EventRow) => (string | null)[]> = {
  correlationId: (row) => [row.correlation_id],
  traceId: (row) => [row.trace_id],
  run: (row) => [row.run_id],
  aggregateId: (row) => [row.aggregate_id],
  orderId: (row) => valuesOf(parsed(row.payload), 'orderId'),
  everything: () => ['everything'],
};
export const keysOf = (by: CorrelationBy, row: EventRow): string[] =>
  keysBy[by](row).filter((key): key is string => key !== null && key.length <= LONGEST_KEY);

function parsed(payload: string | null): unknown {
  try {
    return payload === null ? undefined : JSON.parse(payload);
  } catch {
    return undefined;
  }
}

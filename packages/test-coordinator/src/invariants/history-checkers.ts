import { decimal } from '@tse/core';
import type { Operation } from './invariants.ts';

/** What a checker of a history found: what offends, in words. A history that is empty offends in nothing. */
export type Finding = readonly string[];

/** An operation from its invocation to its end; one whose end is not known may take effect at any time after it began. */
interface Call {
  readonly f: string;
  readonly key: string;
  readonly asked: unknown;
  readonly answered: unknown;
  readonly from: number;
  readonly to: number;
  readonly isKnown: boolean;
}

function callsOf(history: readonly Operation[]): Call[] {
  const open = new Map<string, { operation: Operation; from: number }>();
  const calls: Call[] = [];
  const call = (
    { operation, from }: { operation: Operation; from: number },
    end?: { operation: Operation; to: number },
  ) =>
    calls.push({
      f: operation.f,
      key: operation.key ?? '',
      asked: operation.value,
      answered: end?.operation.value,
      from,
      to: end?.to ?? Number.POSITIVE_INFINITY,
      isKnown: end !== undefined,
    });
  for (const [i, operation] of history.entries()) {
    const begun = open.get(operation.process);
    if (operation.type === 'invoke') {
      // A process whose operation never ended may not go on as if it had: what it did stays unknown.
      if (begun) call(begun);
      open.set(operation.process, { operation, from: i });
    } else if (begun) {
      open.delete(operation.process);
      if (operation.type === 'ok') call(begun, { operation, to: i });
      else if (operation.type === 'info') call(begun);
    }
  }
  for (const begun of open.values()) call(begun);
  return calls;
}

/** Every read of `total` sums to the same: Jepsen's bank test. Reads answer the amounts, by account. */
export function checkConservation(history: readonly Operation[], total: string): Finding {
  return callsOf(history).flatMap(({ f, answered, isKnown, to }) => {
    if (f !== 'read' || !isKnown) return [];
    const amounts = Object.values(answered as Record<string, string>);
    const sum = amounts.reduce((all, amount) => decimal.plus(all, decimal.of(amount)), decimal.of('0'));
    return decimal.compare(sum, total) === 0 ? [] : [`read ${to + 1} sums to ${sum}, not ${total}`];
  });
}

/** What was acknowledged as added is read, what is read was added, and no more often: Jepsen's set test over the final reads. */
export function checkNoLossNoDouble(history: readonly Operation[]): Finding {
  const calls = callsOf(history);
  const reads = calls.filter(({ f, isKnown }) => f === 'read' && isKnown);
  const last = reads.at(-1)?.answered as unknown[] | undefined;
  if (last === undefined) return calls.length === 0 ? [] : ['nothing was read at the end'];
  const seen = new Map<string, number>();
  for (const value of last) seen.set(JSON.stringify(value), (seen.get(JSON.stringify(value)) ?? 0) + 1);
  const adds = calls.filter(({ f }) => f === 'add');
  const asked = new Set(adds.map((add) => JSON.stringify(add.asked)));
  const lost = adds.filter((add) => add.isKnown && !seen.has(JSON.stringify(add.asked)));
  return [
    ...lost.map((add) => `${JSON.stringify(add.asked)} was acknowledged and is lost`),
    ...[...seen].filter(([, times]) => times > 1).map(([value, times]) => `${value} is there ${times} times`),
    ...[...seen.keys()].filter((value) => !asked.has(value)).map((value) => `${value} was never added`),
  ];
}

/** What one process reads of a key never goes back. */
export function checkMonotonic(history: readonly Operation[]): Finding {
  const last = new Map<string, number>();
  return history.flatMap(({ process, type, f, key = '', value }, i) => {
    if (f !== 'read' || type !== 'ok') return [];
    const of = `${process} ${key}`;
    const before = last.get(of);
    last.set(of, Number(value));
    return before !== undefined && Number(value) < before
      ? [`operation ${i + 1}: ${process} read ${String(value)} of ${key} after ${before}`]
      : [];
  });
}

const MOST_STATES = 200_000;

/**
 * Whether the reads and writes of each key could have happened one after another, each between its invocation and its end: Wing and
 * Gong's search with Lowe's memory of what was tried. Too large a search is a finding of its own, not an answer.
 */
export function checkLinearizable(history: readonly Operation[], initial: unknown = null): Finding {
  const keys = Map.groupBy(callsOf(history), ({ key }) => key);
  return [...keys].flatMap(([key, calls]) => {
    const verdict = isLinearizable(
      calls.filter(({ f, isKnown }) => f === 'write' || isKnown),
      initial,
    );
    if (verdict === true) return [];
    return [
      verdict === false
        ? `the history of ${key || 'the register'} is not linearizable`
        : `the history of ${key || 'the register'} is too large to be searched`,
    ];
  });
}

function isLinearizable(calls: readonly Call[], initial: unknown): boolean | undefined {
  const tried = new Set<string>();
  const search = (done: bigint, value: string): boolean | undefined => {
    const left = calls.map((_, i) => i).filter((i) => (done & (1n << BigInt(i))) === 0n);
    // What never ended need not have happened.
    if (left.every((i) => !calls[i]!.isKnown)) return true;
    const state = `${done} ${value}`;
    if (tried.has(state)) return false;
    if (tried.size >= MOST_STATES) return undefined;
    tried.add(state);
    const firstEnd = Math.min(...left.map((i) => calls[i]!.to));
    let isUndecided = false;
    for (const i of left) {
      const { f, asked, answered, from } = calls[i]!;
      if (from > firstEnd) continue;
      if (f === 'read' && JSON.stringify(answered ?? null) !== value) continue;
      const found = search(done | (1n << BigInt(i)), f === 'write' ? JSON.stringify(asked ?? null) : value);
      if (found) return true;
      isUndecided ||= found === undefined;
    }
    return isUndecided ? undefined : false;
  };
  return search(0n, JSON.stringify(initial ?? null));
}

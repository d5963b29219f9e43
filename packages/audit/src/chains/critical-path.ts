import { type Instant, instant } from '@tse/core';

/** A span as the path needs it. */
export interface PathSpan {
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startedAt: Instant;
  readonly durationNs: number;
}

/** One span on the critical path of a trace; times in nanoseconds. */
export interface CriticalStep {
  spanId: string;
  /** Of its time, what no child on the path accounts for. */
  selfNs: number;
}

/**
 * The path that decided how long a trace took, from its root: going back from the end of a span, the child that ended last is what was
 * waited for, then what ended last before that one began (Zhang et al., "CRISP: Critical Path Analysis of Large-Scale Microservice
 * Architectures", 2022). Children are cut to their parent's time, so that the parts add up to the root's. The earliest span without a known
 * parent is the root.
 */
export function criticalPath(spans: readonly PathSpan[]): CriticalStep[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = Map.groupBy(spans, ({ parentSpanId }) => parentSpanId);
  const roots = spans.filter(
    ({ parentSpanId, spanId }) => parentSpanId === undefined || parentSpanId === spanId || !known.has(parentSpanId),
  );
  const root = roots.toSorted((a, b) => instant.compare(a.startedAt, b.startedAt))[0];
  if (!root) return [];

  const steps: CriticalStep[] = [];
  const visited = new Set([root.spanId]);
  const pending: { span: PathSpan; from: bigint; to: bigint }[] = [
    { span: root, from: startOf(root), to: endOf(root) },
  ];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { span, from, to } = next;
    let selfNs = 0n;
    let end = to;
    const waitedFor: typeof pending = [];
    const inner = (children.get(span.spanId) ?? []).filter(({ spanId }) => !visited.has(spanId));
    for (const child of inner.toSorted((a, b) => Number(endOf(b) - endOf(a)))) {
      const start = max(startOf(child), from);
      const until = min(endOf(child), to);
      // What still ran when the next one on the path began was not waited for.
      if (until <= start || until > end) continue;
      selfNs += end - until;
      visited.add(child.spanId);
      waitedFor.push({ span: child, from: start, to: until });
      end = start;
    }
    steps.push({ spanId: span.spanId, selfNs: Number(selfNs + (end - from)) });
    pending.push(...waitedFor);
  }
  return steps;
}

const startOf = ({ startedAt }: PathSpan): bigint => instant.micros(startedAt) * 1000n;
const endOf = (span: PathSpan): bigint => startOf(span) + BigInt(span.durationNs);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

import type { CausalChain, ChainEvent, ChainHop } from './chains.ts';

/** A causal chain as lines for people: what an event follows from, itself, and below it as a tree what follows from it. */
export function causalTree({ event, causes, effects, truncated }: CausalChain): string[] {
  const children = Map.groupBy(effects, ({ via }) => via);
  const parents = Map.groupBy(causes, ({ via }) => via);
  const lines: string[] = [];

  // What came first stands first; an event with several parents stands below each of them.
  const up = (position: number): void => {
    for (const cause of parents.get(position) ?? []) {
      up(cause.position);
      lines.push(named(cause), `↓ ${hop(cause)}${told(cause)}`);
    }
  };
  up(event.position);
  lines.push(named(event));

  const pending = (children.get(event.position) ?? [])
    .toReversed()
    .map((hopTo, i) => ({ hopTo, indent: '', last: i === 0 }));
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { hopTo, indent, last } = next;
    lines.push(`${indent}${last ? '└─ ' : '├─ '}${hop(hopTo)}  ${named(hopTo)}${told(hopTo)}`);
    const inner = `${indent}${last ? '   ' : '│  '}`;
    const below = (children.get(hopTo.position) ?? []).toReversed();
    pending.push(...below.map((child, i) => ({ hopTo: child, indent: inner, last: i === 0 })));
  }
  if (truncated) lines.push('… it goes on further than this.');
  return lines;
}

const named = ({ type, source, aggregateId, position, occurredAt }: ChainEvent): string =>
  `${type}  ${source}  ${aggregateId}  #${position}  ${occurredAt}`;

const hop = ({ hopMs }: ChainHop): string => `${hopMs < 0 ? '−' : '+'}${Math.abs(hopMs).toFixed(3)} ms`;
const told = ({ kind }: ChainHop): string => (kind === 'caused-by' ? '' : `  (${kind})`);

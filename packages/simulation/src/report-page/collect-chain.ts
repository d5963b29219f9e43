import { instant } from '@tse/core';
import type { CausalChain, ChainEvent, ChainHop } from '@tse/audit';
import type { Chain, ChainStep } from './run-page.ts';

const MOST_STEPS = 80;

/** The events of a chain in the order of reading: what came first first, and what followed from an event right below it. */
export function chainSteps({ event, causes, effects, truncated }: CausalChain): Omit<Chain, 'title'> {
  const known = new Map<number, ChainEvent>([event, ...causes, ...effects].map((each) => [each.position, each]));
  const began = Math.min(...[...known.values()].map(({ writtenAt }) => instant.millis(writtenAt)));
  const since = (position: number) => instant.millis(known.get(position)!.writtenAt) - began;
  const step = (of: ChainEvent, depth: number, from?: number, hop?: ChainHop): ChainStep => ({
    depth,
    type: of.type,
    source: of.source,
    aggregateId: of.aggregateId,
    position: of.position,
    occurredAt: of.occurredAt,
    beganMs: since(from ?? of.position),
    endedMs: since(of.position),
    ...(hop !== undefined && { hopMs: hop.hopMs, businessHopMs: hop.businessHopMs }),
  });

  // A cause names the effect it was reached by: the hop's time belongs to the way from it to that effect.
  const parents = Map.groupBy(causes, ({ via }) => via);
  const hopInto = (position: number) => parents.get(position)?.[0];
  const before = causes
    .toSorted((a, b) => a.depth - b.depth || a.position - b.position)
    .map((cause) => {
      const parent = hopInto(cause.position);
      return step(cause, cause.depth, parent?.position, parent);
    });
  const parent = hopInto(event.position);
  const steps = [...before, step(event, 0, parent?.position, parent)];

  const children = Map.groupBy(effects, ({ via }) => via);
  const pending = (children.get(event.position) ?? []).toReversed();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    steps.push(step(next, next.depth, next.via, next));
    pending.push(...(children.get(next.position) ?? []).toReversed());
  }
  return { steps: steps.slice(0, MOST_STEPS), of: steps.length, cut: truncated };
}

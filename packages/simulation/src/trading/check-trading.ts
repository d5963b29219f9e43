import type { AdapterOptions } from '@tse/core';
import { type Facts, type InstanceTarget, openFacts } from '@tse/core/admin';
import { definition as exchangeDefinition } from '@tse/exchange';
import { definition as tradingDefinition } from '@tse/trading';
import { tooling } from '@tse/trading/tooling';
import type { Invariant } from '../report.ts';

/**
 * Identity "positions": what is held, and what was made of it, is what the fills say; and the fills are those of the exchange for our
 * orders, up to the event that was read of it. The consumer is read first, then the source up to its checkpoint.
 */
export async function checkTradingEngine(
  target: InstanceTarget,
  options: AdapterOptions,
  signal: AbortSignal,
): Promise<Invariant[]> {
  await using facts = await openFacts(tradingDefinition, target);
  await using others = new AsyncDisposableStack();
  const factsOf = async (adapter: string): Promise<Facts | undefined> =>
    adapter === 'exchange' ? others.use(await openFacts(exchangeDefinition, target)) : undefined;
  const found = await tooling.verify!({
    facts,
    factsOf,
    options: { ...options, workers: false },
    progress: () => {},
    signal,
  });
  return found.map(({ name, ok, compared, differences = [] }) =>
    ok ? { name, ok, compared } : { name, ok, compared, problem: differences.join('; ') },
  );
}

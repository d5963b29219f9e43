import type { AdapterOptions } from '@tse/core';
import { type InstanceTarget, openFacts } from '@tse/core/admin';
import { type ExchangeAdapter, definition } from '@tse/exchange';
import { tooling } from '@tse/exchange/tooling';
import type { PrintSource } from './prints/print.ts';
import type { Invariant } from './report.ts';
import { checkTape } from './tape.ts';

/** An exchange as those see it who check it: from outside, by its ports, and by its facts. */
export interface CheckedExchange {
  readonly exchange: ExchangeAdapter;
  readonly options: AdapterOptions;
  readonly target: InstanceTarget;
}

/** What must hold once `source` was traded: what `tse verify` checks (ledger, book), and that the prints are the trades. */
export async function checkInvariants(
  { exchange, options, target }: CheckedExchange,
  symbol: string,
  source: PrintSource,
  signal: AbortSignal,
): Promise<Invariant[]> {
  await using facts = await openFacts(definition, target);
  const found = await tooling.verify!({ facts, options: { ...options, workers: false }, progress: () => {}, signal });
  const identities = found.map(({ name, ok, compared, differences = [] }) =>
    ok ? { name, ok, compared } : { name, ok, compared, problem: differences.join('; ') },
  );
  return [...identities, await checkTape(exchange, symbol, source)];
}

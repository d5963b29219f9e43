import type { AdapterOptions } from '@tse/core';
import { type AdapterTooling, type InstanceTarget, findFacts, openFacts } from '@tse/core/admin';
import type { ExchangeAdapter } from '@tse/exchange';
import { tooling as exchange } from '@tse/exchange/tooling';
import type { DemoName } from './demo-adapters.ts';
import type { PrintSource } from './prints/print.ts';
import type { Invariant } from './report.ts';
import { checkTape } from './tape.ts';

const toolings: Readonly<Record<DemoName, AdapterTooling>> = { exchange };

/** Adapters as those see them who check them: from outside, by their ports, and by their facts. */
export interface Checked {
  readonly exchange: ExchangeAdapter;
  options(name: DemoName): AdapterOptions;
  readonly target: InstanceTarget;
}

/** What must hold once `source` was traded: what `tse verify` checks in each adapter, and that the prints are the trades. */
export async function checkInvariants(
  checked: Checked,
  symbol: string,
  source: PrintSource,
  signal: AbortSignal,
): Promise<Invariant[]> {
  const invariants: Invariant[] = [];
  for (const name of Object.keys(toolings) as DemoName[]) {
    const options = { ...checked.options(name), workers: false };
    invariants.push(...(await verified(toolings[name], options, checked.target, signal)));
  }
  return [...invariants, await checkTape(checked.exchange, symbol, source)];
}

async function verified(
  { definition, verify }: AdapterTooling,
  options: AdapterOptions,
  target: InstanceTarget,
  signal: AbortSignal,
): Promise<Invariant[]> {
  await using facts = await openFacts(definition, target);
  await using others = new AsyncDisposableStack();
  const factsOf = async (name: string) => {
    const other = Object.values(toolings).find((each) => each.definition.identity.name === name);
    const opened = other && (await findFacts(other.definition, target));
    return opened && others.use(opened);
  };
  const found = (await verify?.({ facts, factsOf, options, progress: () => {}, signal })) ?? [];
  return found.map(({ name, ok, compared, differences = [] }) =>
    ok ? { name, ok, compared } : { name, ok, compared, problem: differences.join('; ') },
  );
}

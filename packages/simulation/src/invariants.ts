import { tooling as audit } from '@tse/audit/tooling';
import type { AdapterOptions } from '@tse/core';
import { type AdapterTooling, type InstanceTarget, findFacts, openFacts } from '@tse/core/admin';
import { tooling as custodian } from '@tse/custodian/tooling';
import { tooling as exchange } from '@tse/exchange/tooling';
import { tooling as marketData } from '@tse/market-data/tooling';
import { tooling as risk } from '@tse/risk/tooling';
import { tooling as testCoordinator } from '@tse/test-coordinator/tooling';
import { tooling as trading } from '@tse/trading/tooling';
import type { DemoName } from './demo-adapters.ts';
import type { Invariant } from './report.ts';

/** What `tse` does with each adapter of the demo. */
export const toolings: Readonly<Record<DemoName, AdapterTooling>> = {
  marketData,
  exchange,
  custodian,
  risk,
  trading,
  testCoordinator,
  audit,
};

/** Adapters as those see them who check them from outside. */
export interface Checked {
  options(name: DemoName): AdapterOptions;
  readonly target: InstanceTarget;
}

/** What `tse verify` checks in each of the adapters, and between them; what has no data to compare is left out. */
export async function checkAdapters(
  checked: Checked,
  signal: AbortSignal,
  names: readonly DemoName[] = Object.keys(toolings) as DemoName[],
): Promise<Invariant[]> {
  const invariants: Invariant[] = [];
  for (const name of names) {
    const { definition, verify } = toolings[name];
    if (!verify) continue;
    const { target } = checked;
    await using facts = await openFacts(definition, target);
    await using others = new AsyncDisposableStack();
    const factsOf = async (adapter: string) => {
      const other = Object.values(toolings).find((each) => each.definition.identity.name === adapter);
      const opened = other && (await findFacts(other.definition, target));
      return opened && others.use(opened);
    };
    const context = {
      facts,
      factsOf,
      options: { ...checked.options(name), workers: false },
      progress: () => {},
      signal,
    };
    for (const { name: identity, ok, compared, differences = [] } of await verify(context))
      if (!ok || compared > 0)
        invariants.push({
          name: `${definition.identity.name}: ${identity}`,
          ok,
          compared,
          ...(!ok && { problem: differences.join('; ') }),
        });
  }
  return invariants;
}

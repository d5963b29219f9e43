import { tooling as audit } from '@tse/audit/tooling';
import type { AdapterOptions } from '@tse/core';
import {
  type AdapterTooling,
  type Facts,
  type InstanceTarget,
  type RecordedState,
  type Verified,
  findFacts,
  verifyAdapter,
} from '@tse/core/admin';
import { tooling as custodian } from '@tse/custodian/tooling';
import { tooling as exchange } from '@tse/exchange/tooling';
import { tooling as marketData } from '@tse/market-data/tooling';
import { tooling as risk } from '@tse/risk/tooling';
import { tooling as testCoordinator } from '@tse/test-coordinator/tooling';
import { tooling as trading } from '@tse/trading/tooling';
import type { Invariant } from './report.ts';

/** What `tse` does with each adapter. */
export const toolings = { marketData, exchange, custodian, risk, trading, testCoordinator, audit };

type CheckedName = keyof typeof toolings;

/** Adapters as those see them who check them from outside. */
export interface Checked {
  options(name: CheckedName): AdapterOptions;
  readonly target: InstanceTarget;
}

/** What `tse verify` checks in each of the adapters that are there, and between them; what has no data to compare is left out. */
export async function checkAdapters(
  checked: Checked,
  signal: AbortSignal,
  names: readonly CheckedName[] = Object.keys(toolings) as CheckedName[],
): Promise<Invariant[]> {
  const invariants: Invariant[] = [];
  for (const name of names)
    for (const verified of await verifiedOf(checked, name, signal)) {
      const { ok, compared, differences = [] } = verified;
      if (ok && compared === 0) continue;
      invariants.push({
        name: `${toolings[name].definition.identity.name}: ${verified.name}`,
        ok,
        compared,
        ...(!ok && { problem: differences.join('; ') }),
      });
    }
  return invariants;
}

/** All that `tse verify` says of one adapter; nothing where it is not there. */
export async function verifiedOf(
  checked: Checked,
  name: CheckedName,
  signal: AbortSignal,
): Promise<readonly Verified[]> {
  const tooling: AdapterTooling = toolings[name];
  const found = await verifyAdapter(tooling, {
    target: checked.target,
    installed: Object.values(toolings),
    options: () => ({ ...checked.options(name), workers: false }),
    progress: () => {},
    signal,
  });
  return found ?? [];
}

/** Looks from outside at the facts of each adapter that is there, one after the other. */
export async function eachFacts<T>(
  target: InstanceTarget,
  look: (facts: Facts, states: readonly RecordedState[]) => Promise<T>,
): Promise<T[]> {
  const seen: T[] = [];
  for (const { definition, states = [] } of Object.values<AdapterTooling>(toolings)) {
    await using facts = await findFacts(definition, target);
    if (facts !== undefined) seen.push(await look(facts, states));
  }
  return seen;
}

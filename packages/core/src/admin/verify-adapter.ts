import type { AdapterDefinition, InstanceTarget } from './adapter-definition.ts';
import { findFacts } from './facts.ts';
import type { AdapterTooling, ToolContext, Verified } from './tooling.ts';

/** Where the adapters are, and which there may be. */
export interface VerifyAdapterContext extends Omit<ToolContext, 'options'> {
  readonly target: InstanceTarget;
  /** Whose facts an adapter may be compared with. */
  readonly installed: readonly { readonly definition: Omit<AdapterDefinition, 'migrations'> }[];
  /** With which the adapter is opened; asked for only where it is there. */
  readonly options: () => ToolContext['options'];
}

/** Checks the identities of one adapter: its own facts are read first, then those of its sources. Nothing where it was never set up. */
export async function verifyAdapter(
  { definition, verify }: AdapterTooling,
  { target, installed, options, progress, signal }: VerifyAdapterContext,
): Promise<readonly Verified[] | undefined> {
  await using facts = await findFacts(definition, target);
  if (facts === undefined) return undefined;
  await using others = new AsyncDisposableStack();
  const factsOf = async (name: string) => {
    const other = installed.find((each) => each.definition.identity.name === name);
    const found = other && (await findFacts(other.definition, target));
    return found && others.use(found);
  };
  return (await verify?.({ facts, factsOf, options: options(), progress, signal })) ?? [];
}

import type { AdminAccess, InstanceTarget } from '@tse/core/admin';
import { type Adapter, chosen } from './adapters.ts';
import { UsageError } from './command.ts';
import { type Environment, adminAccess } from './environment.ts';
import type { Output } from './output.ts';

/** What a command works with. */
export interface Session {
  readonly env: Environment;
  readonly cwd: string;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly adapters: () => Promise<readonly Adapter[]>;
}

export interface Selection {
  readonly admin: AdminAccess;
  readonly instance: string | undefined;
  readonly adapters: readonly Adapter[];
  /** For the functions of `@tse/core/admin`. */
  readonly target: InstanceTarget;
}

interface Chosen {
  readonly adapter?: readonly string[] | undefined;
  readonly instance?: string | undefined;
}

/** The servers and the adapters that a command line means. */
export async function select(
  session: Session,
  { adapter = [], instance }: Chosen,
  words: readonly string[],
  /** Whether it may mean more than one adapter of an instance: what only looks may. */
  { anyOfInstance = false } = {},
): Promise<Selection> {
  const adapters = chosen(await session.adapters(), [...adapter, ...words], anyOfInstance ? undefined : instance);
  const admin = adminAccess(session.env);
  return { admin, instance, adapters, target: { admin, instance } };
}

/** For a command that works on one adapter at a time. */
export async function selectOne(
  session: Session,
  options: Chosen,
  words: readonly string[],
): Promise<Omit<Selection, 'adapters'> & { readonly adapter: Adapter }> {
  const { adapters, ...selection } = await select(session, options, words);
  if (adapters.length > 1) throw new UsageError('name one adapter');
  return { ...selection, adapter: adapters[0]! };
}

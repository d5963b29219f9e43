import type { BaseAdapter } from '@tse/core';
import { type AdapterFactory, type Sandbox, type SandboxOptions, sandbox } from '../sandbox/sandbox.ts';

/** What the contract needs to know of an adapter: calls through its own ports. */
export interface AdapterContract<A extends BaseAdapter> {
  /** Makes what the calls below need, once in each fresh instance. */
  readonly prepare?: (adapter: A) => PromiseLike<unknown>;
  /** A read that PostgreSQL answers. */
  readonly read: (adapter: A) => PromiseLike<unknown>;
  /** A write that PostgreSQL keeps, idempotent by its id: it answers the same when it is repeated. */
  readonly write: (adapter: A, id: string) => PromiseLike<unknown>;
  /** A call that Redis alone serves, where there is one: it works without PostgreSQL. */
  readonly live?: (adapter: A) => PromiseLike<unknown>;
  /**
   * A valid input of each method, with as many of its fields as go together: `{ 'orders.place': { … }, 'orders.place (market)': { … } }`.
   * Each field is replaced by what nobody should take.
   */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Fields whose content is the caller's own affair: `['accounts.open.metadata']`. */
  readonly free?: readonly string[];
  /** Methods that let fields pass which they do not know. */
  readonly open?: readonly string[];
}

/** One adapter under the contract. */
export interface Subject<A extends BaseAdapter = BaseAdapter> {
  readonly create: AdapterFactory<A>;
  readonly calls: AdapterContract<A>;
}

export type Boxed<A extends BaseAdapter> = Sandbox<{ readonly adapter: AdapterFactory<A> }>;

/** A sandbox of its own, with what the calls need. */
export async function boxOf<A extends BaseAdapter>(
  { create, calls }: Subject<A>,
  options?: SandboxOptions,
): Promise<Boxed<A>> {
  const box: Boxed<A> = await sandbox({ adapter: create }, options);
  try {
    await box.adapter.ready();
    await calls.prepare?.(box.adapter);
    return box;
  } catch (error) {
    await box[Symbol.asyncDispose]();
    throw error;
  }
}

/** The error of what has to fail, synchronously too; `undefined` where it does not. */
export const errorOf = async (
  work: () => PromiseLike<unknown>,
): Promise<(Error & Record<string, unknown>) | undefined> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
};

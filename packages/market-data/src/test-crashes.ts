import { type AdapterContext, type Queries, UnavailableError } from '@tse/core';

/** A process that dies at its nth call of a store: before the store heard of it, or after the store did it and nobody heard. */
export interface Crash {
  step: number;
  when: 'before' | 'after';
}

const calls = new Set<PropertyKey>([
  'one',
  'maybe',
  'many',
  'arrays',
  'run',
  'query',
  'copyIn',
  'read',
  'write',
  'script',
]);

/** A context whose process dies so; from then on nothing of it reaches a store. */
export function dyingContext(context: AdapterContext, crash: Crash): AdapterContext & { steps(): number } {
  let steps = 0;
  let dead = false;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    const end = () => new UnavailableError('dead', 'this process is dead');
    if (dead) throw end();
    steps += 1;
    dead = steps === crash.step;
    if (dead && crash.when === 'before') throw end();
    const result = await work();
    if (dead) throw end();
    return result;
  };
  const wrapped = <Store extends object>(store: Store): Store =>
    new Proxy(store, {
      get(_, name) {
        const member: unknown = Reflect.get(store, name, store);
        if (typeof member !== 'function') return member;
        if (name === 'transaction')
          return (op: string, fn: (tx: Queries) => Promise<unknown>) =>
            step(() => context.pg.transaction(op, (tx) => fn(wrapped(tx))));
        const call = (...args: unknown[]) => Reflect.apply(member, store, args) as Promise<unknown>;
        return calls.has(name) ? (...args: unknown[]) => step(() => call(...args)) : call;
      },
    });
  return { ...context, pg: wrapped(context.pg), redis: wrapped(context.redis), steps: () => steps };
}

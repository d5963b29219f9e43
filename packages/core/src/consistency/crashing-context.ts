import { OutcomeUnknownError, UnavailableError } from '../pipe/errors.ts';
import type { Postgres, Queries } from '../postgres/postgres.ts';
import type { Redis } from '../redis/redis.ts';
import type { AdapterContext } from './adapter-context.ts';

/** A process that dies at a step: `before` the store heard of it, or `after` the store did it and before the process knew. */
export interface Crash {
  step: number;
  when: 'before' | 'after';
}

/** For tests: a context whose process dies at one of its store calls; from then on nothing of it reaches a store any more. */
export function crashingContext(
  context: AdapterContext,
  crash: Crash,
): AdapterContext & { readonly steps: () => number } {
  let steps = 0;
  let dead = false;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) throw new UnavailableError('dead', 'this process is dead');
    steps += 1;
    const dies = steps === crash.step;
    if (dies) dead = true;
    if (dies && crash.when === 'before') throw new UnavailableError('dead', 'this process is dead');
    const result = await work();
    if (dies) throw new OutcomeUnknownError('this process is dead');
    return result;
  };
  const wrapped = <Target extends object>(target: Target, also: Partial<Record<string, unknown>> = {}): Target =>
    new Proxy(target, {
      get(_, name) {
        if (name in also) return also[name as string];
        const member = Reflect.get(target, name, target) as unknown;
        if (typeof member !== 'function') return member;
        const call = (...args: unknown[]) => (member as (...all: unknown[]) => unknown).apply(target, args);
        return stepped.has(name as string)
          ? (...args: unknown[]) => step(() => call(...args) as Promise<unknown>)
          : call;
      },
    });
  const transaction = (op: string, fn: (tx: Queries) => Promise<unknown>) =>
    step(() => context.pg.transaction(op, (tx) => fn(wrapped(tx))));
  return {
    ...context,
    pg: wrapped<Postgres>(context.pg, { transaction }),
    redis: wrapped<Redis>(context.redis),
    steps: () => steps,
  };
}

const stepped = new Set(['one', 'maybe', 'many', 'arrays', 'run', 'query', 'copyIn', 'read', 'write', 'script']);

import { setTimeout as sleep } from 'node:timers/promises';
import { drawsOf } from '../participants/draws.ts';
import type { Arena } from './arena.ts';
import { faultKinds } from './fault-kinds.ts';
import type { Teller } from './until-known.ts';

/** What was injected of one kind. */
export interface InjectedKind {
  times: number;
  /** Armed, and nothing ran into it. */
  missed: number;
  /** Milliseconds from when the store was back to a success through each adapter. */
  readonly recoveriesMs: number[];
}

export interface InjectOptions {
  readonly seed: string;
  /** Faults that struck. */
  readonly count: number;
  readonly signal: AbortSignal;
}

/** Beyond it a recovery counts as none: far above what it should take. */
export const RECOVERED_WITHIN_MS = 30_000;

/** Draws faults from a seed until so many have struck: each kind once before any comes again, those that are no outage twice. */
export async function inject(
  arena: Arena,
  tellers: readonly Teller[],
  { seed, count, signal }: InjectOptions,
): Promise<Map<string, InjectedKind>> {
  const draw = drawsOf(`${seed} faults`);
  const injected = new Map<string, InjectedKind>();
  let bag: string[] = [];
  for (let struck = 0; struck < count && !signal.aborted;) {
    if (bag.length === 0)
      bag = Object.entries(faultKinds).flatMap(([name, { outageOf }]) => (outageOf ? [name] : [name, name]));
    const [name] = bag.splice(draw(bag.length), 1) as [string];
    const kind = faultKinds[name]!;
    const of = injected.get(name) ?? { times: 0, missed: 0, recoveriesMs: [] };
    injected.set(name, of);
    if ((await kind.inject(arena, draw)) === false) {
      of.missed += 1;
      continue;
    }
    of.times += 1;
    struck += 1;
    if (kind.outageOf) of.recoveriesMs.push(await recovery(tellers, kind.outageOf, signal));
    await sleep(draw(60));
  }
  return injected;
}

/** Counts from now, when the store is back. */
async function recovery(tellers: readonly Teller[], store: 'postgres' | 'redis', signal: AbortSignal): Promise<number> {
  const back = performance.now();
  const again = tellers.map(({ writes, sessions }) => (store === 'postgres' ? writes : sessions).next());
  await Promise.race([
    Promise.all(again),
    sleep(RECOVERED_WITHIN_MS, undefined, { signal, ref: false }).catch(() => {}),
  ]);
  return performance.now() - back;
}

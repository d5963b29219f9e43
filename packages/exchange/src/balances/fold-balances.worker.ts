import { setTimeout as sleep } from 'node:timers/promises';
import { type AdapterContext, answers, functionCall } from '@tse/core';

const BATCH = 5000;
const PAUSE_MS = 200;

const fold = functionCall(
  'exchange.balances.fold',
  'write',
  'fold_balances',
  ['limit'],
  answers<{ fold_balances: number }>(),
);

/** Adds up what the accounts that every trade touches got since the last time. */
export const foldBalances = ({ pg }: AdapterContext) => ({
  name: 'fold-balances',
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { fold_balances: folded } = await pg.one(fold, { limit: BATCH });
      if (folded < BATCH) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});

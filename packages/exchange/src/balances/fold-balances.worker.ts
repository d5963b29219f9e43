import { type AdapterContext, answers, functionCall, pollingWorker } from '@tse/core';

const fold = functionCall(
  'exchange.balances.fold',
  'write',
  'fold_balances',
  ['limit'],
  answers<{ fold_balances: number }>(),
);

/** Adds up what the accounts that every trade touches got since the last time. */
export const foldBalances = ({ pg }: AdapterContext) =>
  pollingWorker({
    name: 'fold-balances',
    batch: 5000,
    pauseMs: 200,
    work: async (limit) => (await pg.one(fold, { limit })).fold_balances,
  });

import { keyFamilies } from '@tse/core';

/** Every Redis key family of the package, beside those that all adapters have. */
export const families = keyFamilies({
  strategyState: 'strategy-state',
  workingOrders: 'working-orders',
  position: 'position',
  portfolio: 'portfolio',
  backtestProgress: 'backtest-progress',
});

import { keyFamilies } from '@tse/core';

/** Every Redis key family of the package, beside those that all adapters have. */
export const families = keyFamilies({
  position: 'position',
  mark: 'mark',
  pnl: 'pnl',
  limitUse: 'limit-use',
  tradingState: 'trading-state',
  alert: 'alert',
  activeAlerts: 'active-alerts',
  metrics: 'metrics',
});

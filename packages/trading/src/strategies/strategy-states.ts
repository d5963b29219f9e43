export const strategyKinds = [
  'market-making',
  'trend-following',
  'mean-reversion',
  'arbitrage',
  'momentum',
  'custom',
] as const;
export const strategyStatuses = ['active', 'paused', 'retired'] as const;
export type StrategyKind = (typeof strategyKinds)[number];
export type StrategyStatus = (typeof strategyStatuses)[number];

/** From a status to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const strategyTransitions: Readonly<Record<StrategyStatus, readonly StrategyStatus[]>> = {
  active: ['paused', 'retired'],
  paused: ['active', 'retired'],
  retired: [],
};

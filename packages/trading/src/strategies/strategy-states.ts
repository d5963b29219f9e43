export const strategyKinds = [
  'market-making',
  'trend-following',
  'mean-reversion',
  'arbitrage',
  'momentum',
  'custom',
] as const;
export const strategyStatuses = ['active', 'paused', 'retired'] as const;
/** By what a strategy trades. */
export type StrategyKind = (typeof strategyKinds)[number];
/** Only an `active` strategy is deployed; a `retired` one gets no more versions. */
export type StrategyStatus = (typeof strategyStatuses)[number];

/** From a status to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const strategyTransitions: Readonly<Record<StrategyStatus, readonly StrategyStatus[]>> = {
  active: ['paused', 'retired'],
  paused: ['active', 'retired'],
  retired: [],
};

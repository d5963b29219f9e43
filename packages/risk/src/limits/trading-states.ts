export const tradingStates = ['active', 'reducing', 'halted'] as const;
/** `reducing`: only orders that make a position smaller pass. `halted`: none does. */
export type TradingState = (typeof tradingStates)[number];

/** From a state to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const tradingTransitions: Readonly<Record<TradingState, readonly TradingState[]>> = {
  active: ['reducing', 'halted'],
  reducing: ['active', 'halted'],
  halted: ['reducing', 'active'],
};

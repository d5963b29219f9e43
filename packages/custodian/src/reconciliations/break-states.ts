export const breakStates = ['open', 'investigating', 'explained', 'written-off', 'closed'] as const;
export const breakKinds = [
  'missing-ours',
  'missing-theirs',
  'amount-differs',
  'asset-differs',
  'date-differs',
  'duplicate-line',
  'holding-differs',
  'asset-missing',
  'deficit',
] as const;
/** How far a break is from being settled. */
export type BreakState = (typeof breakStates)[number];
/** In which way the two sides differ. */
export type BreakKind = (typeof breakKinds)[number];

/**
 * From a state to those it may go to; a run closes what it finds no more, and nobody else does. The table `transitions` is the truth; a
 * test compares the two.
 */
export const breakTransitions: Readonly<Record<BreakState, readonly BreakState[]>> = {
  open: ['investigating', 'explained', 'written-off', 'closed'],
  investigating: ['open', 'explained', 'written-off', 'closed'],
  explained: ['open', 'closed'],
  'written-off': ['open', 'closed'],
  closed: [],
};

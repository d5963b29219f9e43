export const marketStatuses = ['pre-open', 'open', 'halted', 'closed'] as const;
/** `open` takes orders and matches, `pre-open` orders alone, the others neither. */
export type MarketStatus = (typeof marketStatuses)[number];

/** From a status to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const marketTransitions: Readonly<Record<MarketStatus, readonly MarketStatus[]>> = {
  'pre-open': ['open', 'closed'],
  open: ['halted', 'closed'],
  halted: ['pre-open', 'open', 'closed'],
  closed: [],
};

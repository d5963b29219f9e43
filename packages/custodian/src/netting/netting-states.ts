export const nettingStatuses = ['open', 'settled', 'cancelled'] as const;
/** `open`: its settlements wait to be settled by their net. */
export type NettingStatus = (typeof nettingStatuses)[number];

/** From a status to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const nettingTransitions: Readonly<Record<NettingStatus, readonly NettingStatus[]>> = {
  open: ['settled', 'cancelled'],
  settled: [],
  cancelled: [],
};

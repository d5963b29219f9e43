export const alertStates = ['pending', 'firing', 'recovering', 'closed'] as const;
/** `pending`: true, but not for long enough yet. `recovering`: over, but not for long enough yet. Closed never opens again. */
export type AlertState = (typeof alertStates)[number];

/** From a state to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const alertTransitions: Readonly<Record<AlertState, readonly AlertState[]>> = {
  pending: ['firing', 'closed'],
  firing: ['recovering', 'closed'],
  recovering: ['firing', 'closed'],
  closed: [],
};

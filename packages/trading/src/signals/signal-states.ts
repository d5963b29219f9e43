export const signalOutcomes = ['pending', 'accepted', 'rejected', 'expired'] as const;
export const signalActions = ['enter-long', 'exit-long', 'enter-short', 'exit-short', 'buy', 'sell', 'hold'] as const;
/** What became of a signal. */
export type SignalOutcome = (typeof signalOutcomes)[number];
/** What a signal asks for. */
export type SignalAction = (typeof signalActions)[number];

/** From an outcome to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const signalTransitions: Readonly<Record<SignalOutcome, readonly SignalOutcome[]>> = {
  pending: ['accepted', 'rejected', 'expired'],
  accepted: [],
  rejected: [],
  expired: [],
};

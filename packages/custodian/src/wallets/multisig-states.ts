export const multisigStatuses = ['proposed', 'executed', 'replaced'] as const;
/** `replaced`: another transaction of the same nonce was executed. */
export type MultisigStatus = (typeof multisigStatuses)[number];

/** From a status to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const multisigTransitions: Readonly<Record<MultisigStatus, readonly MultisigStatus[]>> = {
  proposed: ['executed', 'replaced'],
  executed: [],
  replaced: [],
};

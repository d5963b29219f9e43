export const trialStates = ['waiting', 'running', 'completed', 'failed'] as const;
/** Where a trial stands between being added and its end. */
export type TrialState = (typeof trialStates)[number];

/** From a state to those it may go to; a claim that has run out is claimed again. The table `transitions` is the truth; a test compares the two. */
export const trialTransitions: Readonly<Record<TrialState, readonly TrialState[]>> = {
  waiting: ['running'],
  running: ['running', 'completed', 'failed'],
  completed: [],
  failed: [],
};

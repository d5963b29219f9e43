export const jobStates = ['blocked', 'ready', 'claimed', 'completed', 'skipped', 'canceled', 'dead'] as const;
/** `blocked`: it waits for others. `dead`: its attempts are used up. */
export type JobState = (typeof jobStates)[number];

/** From a state to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const jobTransitions: Readonly<Record<JobState, readonly JobState[]>> = {
  blocked: ['ready', 'skipped', 'canceled'],
  ready: ['claimed', 'canceled'],
  claimed: ['ready', 'completed', 'dead', 'canceled'],
  dead: ['ready'],
  completed: [],
  skipped: [],
  canceled: [],
};

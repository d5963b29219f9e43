export const backtestStatuses = ['running', 'completed', 'failed', 'interrupted'] as const;
/** `interrupted`: its process ended before it did. */
export type BacktestStatus = (typeof backtestStatuses)[number];

/** From a status to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const backtestTransitions: Readonly<Record<BacktestStatus, readonly BacktestStatus[]>> = {
  running: ['completed', 'failed', 'interrupted'],
  completed: [],
  failed: [],
  interrupted: [],
};

export const runStatuses = ['queued', 'running', 'completed', 'failed', 'aborted', 'interrupted'] as const;
/** `interrupted`: whoever ran it lost its lease; another may take it over. */
export type RunStatus = (typeof runStatuses)[number];

/** From a status to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const runTransitions: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  queued: ['running', 'aborted'],
  running: ['running', 'completed', 'failed', 'aborted', 'interrupted'],
  interrupted: ['running', 'failed', 'aborted'],
  completed: [],
  failed: [],
  aborted: [],
};

export const stepStatuses = ['running', 'passed', 'failed', 'skipped', 'error'] as const;
/** How a step ended; `error`: it could not be carried out. */
export type StepStatus = (typeof stepStatuses)[number];

export const stepTransitions: Readonly<Record<StepStatus, readonly StepStatus[]>> = {
  running: ['passed', 'failed', 'skipped', 'error'],
  passed: [],
  failed: [],
  skipped: [],
  error: [],
};

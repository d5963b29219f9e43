/** What a deployment does, as its process tells it. */
export const deploymentStates = [
  'pending',
  'starting',
  'running',
  'paused',
  'stopped',
  'interrupted',
  'failed',
] as const;
/** What its operator wants it to do. */
export const deploymentWishes = ['running', 'paused', 'stopped'] as const;
export type DeploymentState = (typeof deploymentStates)[number];
export type DeploymentWish = (typeof deploymentWishes)[number];

/** From a state to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const deploymentTransitions: Readonly<Record<DeploymentState, readonly DeploymentState[]>> = {
  pending: ['starting', 'stopped'],
  starting: ['running', 'paused', 'stopped', 'failed', 'interrupted'],
  running: ['paused', 'stopped', 'failed', 'interrupted'],
  paused: ['running', 'stopped', 'failed', 'interrupted'],
  stopped: [],
  interrupted: ['starting', 'stopped'],
  failed: ['starting', 'stopped'],
};

/** Whether a process runs it, or seems to. */
export const isLive = (state: DeploymentState): boolean => ['starting', 'running', 'paused'].includes(state);

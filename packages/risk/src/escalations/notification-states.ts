export const notificationStates = ['due', 'claimed', 'delivered', 'failed', 'suppressed'] as const;
/** `claimed`: a worker delivers it, until its claim runs out. `suppressed`: a silence or a rule kept it quiet. */
export type NotificationState = (typeof notificationStates)[number];

/** From a state to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const notificationTransitions: Readonly<Record<NotificationState, readonly NotificationState[]>> = {
  due: ['claimed'],
  claimed: ['claimed', 'delivered', 'due', 'failed'],
  delivered: [],
  failed: [],
  suppressed: [],
};

export const policyStatuses = ['proposed', 'published', 'retired', 'rejected', 'expired', 'cancelled'] as const;
/** `published` is in force; `retired` was. */
export type PolicyStatus = (typeof policyStatuses)[number];

/** From a status to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const policyTransitions: Readonly<Record<PolicyStatus, readonly PolicyStatus[]>> = {
  proposed: ['published', 'rejected', 'expired', 'cancelled'],
  published: ['retired'],
  retired: [],
  rejected: [],
  expired: [],
  cancelled: [],
};

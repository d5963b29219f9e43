export const approvalStatuses = ['pending', 'approved', 'rejected', 'expired', 'cancelled', 'superseded'] as const;
/** `superseded`: what was to be approved changed meanwhile. */
export type ApprovalStatus = (typeof approvalStatuses)[number];

/** From a status to those it may go to: decided is decided. The table `transitions` is the truth; a test compares the two. */
export const approvalTransitions: Readonly<Record<ApprovalStatus, readonly ApprovalStatus[]>> = {
  pending: ['approved', 'rejected', 'expired', 'cancelled', 'superseded'],
  approved: [],
  rejected: [],
  expired: [],
  cancelled: [],
  superseded: [],
};

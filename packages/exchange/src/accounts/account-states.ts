export const accountKinds = ['customer', 'house', 'fee', 'external'] as const;
export const accountTypes = ['spot', 'margin', 'futures'] as const;
export const accountStatuses = ['active', 'suspended', 'closed'] as const;
export const kycStatuses = ['pending', 'approved', 'rejected'] as const;
/** Whose account it is: a customer's, the house's, for fees, or the world outside, which alone may be below zero. */
export type AccountKind = (typeof accountKinds)[number];
/** For what it trades. */
export type AccountType = (typeof accountTypes)[number];
/** `suspended`: it places no orders and nothing leaves it. `closed`: it is empty and stays so. */
export type AccountStatus = (typeof accountStatuses)[number];
/** Whether its owner is known. What is `rejected` places no orders. */
export type KycStatus = (typeof kycStatuses)[number];

/** From a status to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const accountTransitions: Readonly<Record<AccountStatus, readonly AccountStatus[]>> = {
  active: ['suspended', 'closed'],
  suspended: ['active', 'closed'],
  closed: [],
};
export const kycTransitions: Readonly<Record<KycStatus, readonly KycStatus[]>> = {
  pending: ['approved', 'rejected'],
  approved: ['pending', 'rejected'],
  rejected: ['pending'],
};

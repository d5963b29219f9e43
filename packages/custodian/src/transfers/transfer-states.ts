export const transferKinds = ['deposit', 'withdrawal', 'internal'] as const;
export const transferStatuses = [
  'submitted',
  'screening',
  'pending-approval',
  'queued',
  'pending-signature',
  'broadcasting',
  'confirming',
  'completed',
  'cancelling',
  'cancelled',
  'rejected',
  'blocked',
  'failed',
] as const;
/** `internal` stays within custody; the others cross its border. */
export type TransferKind = (typeof transferKinds)[number];
/** Where a transfer stands between its request and its end. */
export type TransferStatus = (typeof transferStatuses)[number];

/** What a transition does with the funds of the source. External sources have nothing to reserve or to give back. */
export type FundsEffect = 'none' | 'reserve' | 'release' | 'capture';

/**
 * From a status to those it may go to, and what that does with the funds; `new` is the request. The table `transfer_effects` is the
 * truth, and no row of a transfer's history says otherwise; a test compares the two.
 */
export const transferEffects: Readonly<
  Record<TransferStatus | 'new', Readonly<Partial<Record<TransferStatus, FundsEffect>>>>
> = {
  new: { submitted: 'reserve' },
  submitted: { screening: 'none', 'pending-approval': 'none', queued: 'none', blocked: 'release' },
  screening: { 'pending-approval': 'none', queued: 'none', blocked: 'release', cancelled: 'release' },
  'pending-approval': { queued: 'none', rejected: 'release', cancelled: 'release' },
  queued: {
    'pending-signature': 'none',
    broadcasting: 'none',
    completed: 'capture',
    cancelled: 'release',
    failed: 'release',
  },
  'pending-signature': { broadcasting: 'none', cancelled: 'release', failed: 'release' },
  broadcasting: { confirming: 'none', completed: 'capture', cancelling: 'none', failed: 'release' },
  confirming: { completed: 'capture', failed: 'release' },
  cancelling: { cancelled: 'release', confirming: 'none', completed: 'capture', failed: 'release' },
  completed: {},
  cancelled: {},
  rejected: {},
  blocked: {},
  failed: {},
};

/** Whether nothing goes on from here. */
export const isClosed = (status: TransferStatus): boolean => Object.keys(transferEffects[status]).length === 0;

/** The statuses of an order, in FIX's terms. `expired-in-match` is what self-trade prevention ends in. */
export const orderStatuses = [
  'pending-new',
  'new',
  'partially-filled',
  'filled',
  'pending-cancel',
  'pending-replace',
  'canceled',
  'rejected',
  'expired',
  'expired-in-match',
] as const;
export type OrderStatus = (typeof orderStatuses)[number];

/** From a status to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const orderTransitions: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  'pending-new': ['new', 'rejected', 'canceled', 'expired'],
  new: [
    'new',
    'partially-filled',
    'filled',
    'pending-cancel',
    'pending-replace',
    'canceled',
    'expired',
    'expired-in-match',
  ],
  'partially-filled': [
    'partially-filled',
    'filled',
    'pending-cancel',
    'pending-replace',
    'canceled',
    'expired',
    'expired-in-match',
  ],
  filled: [],
  'pending-cancel': ['pending-cancel', 'new', 'partially-filled', 'filled', 'canceled', 'expired', 'expired-in-match'],
  'pending-replace': [
    'pending-replace',
    'new',
    'partially-filled',
    'filled',
    'pending-cancel',
    'canceled',
    'expired',
    'expired-in-match',
  ],
  canceled: [],
  rejected: [],
  expired: [],
  'expired-in-match': [],
};

/** Whether an order in this status still works: it holds funds and may be filled. */
export const isWorking = (status: OrderStatus): boolean => orderTransitions[status].length > 0;

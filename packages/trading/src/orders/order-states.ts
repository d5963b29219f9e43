/** The statuses of an order, in FIX's terms. `pending-new` until the venue answers; `expired-in-match` is what self-trade prevention ends in. */
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

const anyEnd = ['filled', 'canceled', 'expired', 'expired-in-match'] as const;

/**
 * From a status to those it may go to. Of several events of a venue only the latest may reach us, so that most may follow most. The table
 * `transitions` is the truth; a test compares the two.
 */
export const orderTransitions: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  'pending-new': ['new', 'partially-filled', 'pending-cancel', 'pending-replace', 'rejected', ...anyEnd],
  new: ['new', 'partially-filled', 'pending-cancel', 'pending-replace', ...anyEnd],
  'partially-filled': ['partially-filled', 'pending-cancel', 'pending-replace', ...anyEnd],
  filled: [],
  'pending-cancel': ['new', 'partially-filled', 'pending-cancel', 'pending-replace', ...anyEnd],
  'pending-replace': ['new', 'partially-filled', 'pending-cancel', 'pending-replace', ...anyEnd],
  canceled: [],
  rejected: [],
  expired: [],
  'expired-in-match': [],
};

/** Whether the venue may still fill an order in this status. */
export const isWorking = (status: OrderStatus): boolean => orderTransitions[status].length > 0;

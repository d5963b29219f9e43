export const settlementStatuses = [
  'pending',
  'partially-settled',
  'failing',
  'netted',
  'settled',
  'cancelled',
] as const;
/** `failing`: due and not settled yet. `netted`: settled by the net of its batch. */
export type SettlementStatus = (typeof settlementStatuses)[number];
export const legKinds = ['delivery', 'payment', 'fee'] as const;
/** What a leg moves: the asset that is sold, the money for it, or a fee. */
export type LegKind = (typeof legKinds)[number];

/** From a status to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const settlementTransitions: Readonly<Record<SettlementStatus, readonly SettlementStatus[]>> = {
  pending: ['partially-settled', 'settled', 'failing', 'netted', 'cancelled'],
  'partially-settled': ['settled', 'failing', 'cancelled'],
  failing: ['settled', 'netted', 'cancelled'],
  netted: ['settled', 'pending', 'failing'],
  settled: [],
  cancelled: [],
};

/** Whether something of it may still move. */
export const isOpen = (status: SettlementStatus): boolean => settlementTransitions[status].length > 0;

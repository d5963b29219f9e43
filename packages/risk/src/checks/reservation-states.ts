export const reservationStates = ['reserved', 'working', 'ended'] as const;
/** `reserved`: for an order that was not heard of yet, until its time is over. `working`: for one that its venue has. */
export type ReservationState = (typeof reservationStates)[number];

/** From a state to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const reservationTransitions: Readonly<Record<ReservationState, readonly ReservationState[]>> = {
  reserved: ['working', 'ended'],
  working: ['ended'],
  ended: [],
};

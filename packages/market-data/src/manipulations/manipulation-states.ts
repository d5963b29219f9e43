export const manipulationStates = ['planned', 'injecting', 'active', 'paused', 'recovered'] as const;
/** Where a manipulation stands between plan and recovery. */
export type ManipulationState = (typeof manipulationStates)[number];

/** From which state a manipulation may go to which: the table of transitions says the same. */
export const manipulationTransitions: Readonly<Record<ManipulationState, readonly ManipulationState[]>> = {
  planned: ['injecting', 'recovered'],
  injecting: ['active', 'recovered'],
  active: ['paused', 'recovered'],
  paused: ['active', 'recovered'],
  recovered: [],
};

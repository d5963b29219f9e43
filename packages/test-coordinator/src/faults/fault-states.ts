export const faultKinds = [
  'service-restart',
  'service-kill',
  'network-partition',
  'network-latency',
  'network-packet-loss',
  'cpu-stress',
  'memory-stress',
  'disk-io-stress',
  'clock-skew',
  'price-shift',
  'price-divergence',
  'price-crash',
  'depeg',
  'order-spam',
  'settlement-delay',
  'settlement-failure',
  'limit-change',
  'data-corruption',
] as const;
/** What is broken on purpose. */
export type FaultKind = (typeof faultKinds)[number];

export const faultStates = ['planned', 'injecting', 'injected', 'undoing', 'undone', 'withdrawn', 'failed'] as const;
/** `failed`: nobody confirmed that it was undone, and a person has to look. `withdrawn`: it was never injected. */
export type FaultState = (typeof faultStates)[number];

/** From a state to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const faultTransitions: Readonly<Record<FaultState, readonly FaultState[]>> = {
  planned: ['injecting', 'withdrawn'],
  injecting: ['injected', 'undoing', 'undone'],
  injected: ['undoing', 'undone'],
  undoing: ['undoing', 'undone', 'failed'],
  failed: ['undoing', 'undone'],
  undone: [],
  withdrawn: [],
};

/** Whether it may be in effect. */
export const isActive = (state: FaultState): boolean => ['injecting', 'injected', 'undoing', 'failed'].includes(state);

/** `crashed-recovered`: it went on after its process had died. `quarantined`: nobody is to rely on what it wrote. */
export const runStatuses = ['running', 'ended', 'crashed-recovered', 'quarantined'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** From a status to those it may go to. The table `transitions` is the truth; a test compares the two. */
export const runTransitions: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  running: ['ended', 'crashed-recovered', 'quarantined'],
  'crashed-recovered': ['crashed-recovered', 'ended', 'quarantined'],
  ended: ['quarantined'],
  quarantined: [],
};
